import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, raw } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { Waiting } from "@/offline/Notices";
import noticesCss from "@/offline/Notices.module.css";
import { useDeliver, useWaiting } from "@/offline/use-outbox";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { download } from "@/parts/save";
import { Sheet } from "@/parts/Sheet";
import { useTellFailed } from "@/parts/toasts";
import { useLookAgain, useNameOf, type Attachment } from "./data";
import { Picture, TakePhoto, useAddress } from "./Photos";
import css from "./Photos.module.css";

/** Photos and documents, and those that are still on their way. */
export function Files({ incident, files }: { incident: number; files: readonly Attachment[] }): ReactNode {
  const t = useTranslations("incidents");
  const may = useMay()("incidents.report");
  const { deliver } = useDeliver();
  const waiting = useWaiting().filter(({ deed }) => deed.kind === "photo" && deed.incident === incident);
  const [shown, setShown] = useState<Attachment | null>(null);
  return (
    <Panel title={t("files", { count: files.length })}>
      <ul className={css["photos"]}>
        {files.map((file) => <li key={file.id}><File file={file} onOpen={() => setShown(file)} /></li>)}
      </ul>
      {waiting.length > 0 && <ul className={noticesCss["list"]}>{waiting.map((item) => <Waiting key={item.number} item={item} />)}</ul>}
      {may && <TakePhoto onTaken={(taken) => void deliver({ kind: "photo", incident, ...taken })} />}
      {shown && <Shown file={shown} onClose={() => setShown(null)} />}
    </Panel>
  );
}

/** The address of a file's bytes, fetched with the person's token; gone with what shows it. */
export function useFile(file: Attachment): string {
  const path = useContentPath(file);
  const { data: blob } = useQuery({
    queryKey: ["file", file.id],
    queryFn: async () => (await raw(path)).blob(),
    staleTime: Infinity,
    gcTime: 60_000,
    enabled: file.media_type.startsWith("image/"),
  });
  return useAddress(blob);
}

function useContentPath(file: Attachment): string {
  const { id } = useMunicipality();
  return `/api/v1/incidents/${file.incident_id}/attachments/${file.id}/content?municipality_id=${id}`;
}

function File({ file, onOpen }: { file: Attachment; onOpen: () => void }): ReactNode {
  const t = useTranslations("incidents");
  const address = useFile(file);
  const nameOf = useNameOf();
  return (
    <figure className={css["photo"]} data-file={file.id}>
      <button type="button" className={css["open"]} onClick={onOpen} aria-label={t("open", { name: file.name })}>
        {address || !file.media_type.startsWith("image/")
          ? <Picture address={address} name="" type={address ? file.media_type : "application/pdf"} />
          : <span className={css["sign"]}>…</span>}
      </button>
      <figcaption><bdi>{file.name}</bdi><br /><bdi>{nameOf(file.added_by)}</bdi>, <Ago at={file.added_at} /></figcaption>
    </figure>
  );
}

function Shown({ file, onClose }: { file: Attachment; onClose: () => void }): ReactNode {
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const address = useFile(file);
  const path = useContentPath(file);
  const failed = useTellFailed();
  const may = useMay();
  const look = useLookAgain();
  const { id: municipality } = useMunicipality();
  const { mutate: remove, isPending } = useMutation({
    mutationFn: () => data(api.DELETE("/api/v1/incidents/{incident}/attachments/{attachment}", {
      params: { path: { incident: file.incident_id, attachment: file.id }, query: { municipality_id: municipality } },
    })),
    onSuccess: onClose,
    onError: failed,
    onSettled: look,
  });
  return (
    <Sheet title={<bdi>{file.name}</bdi>} isOpen onClose={onClose} wide>
      {address && <img src={address} alt={file.name} className={css["large"]} />}
      <p>{t("size", { kilobytes: Math.ceil(file.size / 1024) })}</p>
      <div className={css["take"]}>
        <Button icon="download" onPress={() => void download(path, file.name).catch(failed)}>{t("download")}</Button>
        {may("incidents.report") && <Button icon="trash" isDisabled={isPending} onPress={() => remove()}>{app("delete")}</Button>}
      </div>
    </Sheet>
  );
}
