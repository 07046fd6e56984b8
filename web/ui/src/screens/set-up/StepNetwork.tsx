import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { raw, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { Check } from "@/parts/Checks";
import { Failed } from "@/parts/states";
import { Text } from "@/parts/Text";
import { tellDone } from "@/parts/toasts";
import { PickFile } from "./PickFile";
import { Preview } from "./Preview";
import type { Progress } from "./steps";
import { useTownPlace } from "./use-progress";
import css from "./Wizard.module.css";

type Found = Schemas["NetworkFound"];
const ENDS = [".inp", ".geojson", ".json", ".gpkg", ".zip"];

/** The network from a file: looked at on a small drawing, then taken. */
export function StepNetwork({ progress, done }: { progress: Progress; done: () => void }): ReactNode {
  const t = useTranslations("setUp.network");
  const format = useFormat();
  const [file, setFile] = useState<File | null>(null);
  const [crs, setCrs] = useState("");
  const [isHere, setHere] = useState(false);
  const { place, setPlace } = useTownPlace();
  const origin = isHere && place ? place.join(",") : "";
  const { look, take } = useNetworkFile((found) => {
    const [west, south, east, north] = found.bounds ?? [];
    if (!place && west !== undefined && south !== undefined && east !== undefined && north !== undefined) {
      setPlace([(west + east) / 2, (south + north) / 2]);
    }
    done();
  });
  const again = (chosen: File): void => {
    setFile(chosen);
    take.reset();
    look.mutate({ file: chosen, crs, origin });
  };
  const found = look.data;
  return (
    <>
      <p>{t("about")}</p>
      {progress.pipes + progress.nodes > 0 && (
        <p className={css["told"]}>{t("there", { pipes: format.number(progress.pipes), nodes: format.number(progress.nodes) })}</p>
      )}
      <PickFile label={t("choose")} ends={ENDS} isBusy={look.isPending || take.isPending} onFile={again} />
      {look.isPending && <p role="status">{t("reading")}</p>}
      {look.isError && <Failed problem={look.error} />}
      {file && (look.isError || crs !== "" || isHere) && (
        <form
          className={css["body"]}
          onSubmit={(event) => {
            event.preventDefault();
            again(file);
          }}
        >
          <Text label={t("crs")} hint={t("crsHint")} value={crs} onChange={setCrs} />
          {place && (
            <Check isSelected={isHere} onChange={setHere}>
              {t("here")}
            </Check>
          )}
          <Button type="submit">{t("again")}</Button>
        </form>
      )}
      {found && !look.isPending && (
        <section className={css["body"]} aria-label={t("preview")}>
          <p role="status">
            {t("found", { file: found.source, links: format.number(found.links), nodes: format.number(found.nodes), system: found.coordinate_system || "–" })}
          </p>
          {Object.keys(found.skipped).length > 0 && (
            <ul className={css["hint"]}>
              {Object.entries(found.skipped).map(([reason, count]) => (
                <li key={reason}>{t("skipped", { count: format.number(count), reason })}</li>
              ))}
            </ul>
          )}
          <Preview label={t("drawing")} lines={found.lines.coordinates} points={found.points.coordinates} bounds={found.bounds ?? null} />
          {take.isError && <Failed problem={take.error} />}
          <Button kind="primary" isDisabled={take.isPending || !file} onPress={() => file && take.mutate({ file, crs, origin })}>
            {take.isPending ? t("taking") : t("take")}
          </Button>
        </section>
      )}
    </>
  );
}

interface Wish {
  file: File;
  crs: string;
  origin: string;
}

/** The two calls: one that changes nothing, and one that does. */
function useNetworkFile(onTaken: (found: Found) => void) {
  const { id } = useMunicipality();
  const t = useTranslations("app");
  const queries = useQueryClient();
  const send = async ({ file, crs, origin }: Wish, isLook: boolean): Promise<Found> => {
    const asked = new URLSearchParams({ municipality_id: String(id), dry_run: String(isLook), name: file.name });
    if (crs.trim()) asked.set("crs", crs.trim());
    if (origin) asked.set("local_origin", origin);
    const headers = { "Content-Type": "application/octet-stream" };
    return (await raw(`/api/v1/imports/network?${asked.toString()}`, { method: "POST", body: file, headers })).json() as Promise<Found>;
  };
  const look = useMutation({ mutationFn: (wish: Wish) => send(wish, true) });
  const take = useMutation({
    mutationFn: (wish: Wish) => send(wish, false),
    onSuccess: async (found) => {
      tellDone(t("done"));
      await queries.invalidateQueries();
      onTaken(found);
    },
  });
  return { look, take };
}
