import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Failed } from "@/parts/states";
import { tellDone, useTellFailed } from "@/parts/toasts";
import { AssetEditor } from "./AssetEditor";
import { KINDS, type AssetKind } from "./attributes";
import { Pane } from "./Pane";
import type { Around } from "./Side";
import { useRedraw } from "./use-map";
import { ZoneEditor } from "./ZoneEditor";
import { newKey } from "@/api/keys";
import css from "./Side.module.css";

const SHOWN = 20;

/** Drawing something new, and taking edits back. */
export function EditPane({ close, ...around }: Around & { close: () => void }): ReactNode {
  const t = useTranslations("map");
  const [kind, setKind] = useState<AssetKind | "zone" | null>(null);
  const back = (): void => setKind(null);
  if (kind) {
    return (
      <Pane title={t("edit.new", { kind: t(kind === "zone" ? "find.kinds.zone" : `kinds.${kind}`) })} close={back}>
        {kind === "zone" ? (
          <ZoneEditor {...around} zone={null} etag={null} done={back} />
        ) : (
          <AssetEditor {...around} kind={kind} asset={null} etag={null} done={back} />
        )}
      </Pane>
    );
  }
  return (
    <Pane title={t("tools.edit")} close={close}>
      <h3>{t("edit.draw")}</h3>
      <ul className={css["kinds"]}>
        {KINDS.map((each) => (
          <li key={each}>
            <Button icon="plus" onPress={() => setKind(each)}>{t(`kinds.${each}`)}</Button>
          </li>
        ))}
        <li>
          <Button icon="plus" onPress={() => setKind("zone")}>{t("find.kinds.zone")}</Button>
        </li>
      </ul>
      <p className={css["soft"]}>{t("edit.changeHow")}</p>
      <Edits />
    </Pane>
  );
}

function Edits(): ReactNode {
  const t = useTranslations("map");
  const { id } = useMunicipality();
  const { data: edits, error, refetch } = useQuery({
    queryKey: ["edits", id],
    queryFn: () => data(api.GET("/api/v1/map/edits", { params: { query: { limit: SHOWN, municipality_id: id } } })),
  });
  return (
    <>
      <h3>{t("edit.edits")}</h3>
      {error && <Failed problem={error} retry={() => void refetch()} />}
      {edits?.length === 0 && <p className={css["soft"]}>{t("edit.noEdits")}</p>}
      <ul className={css["story"]}>
        {edits?.map((edit) => (
          <Edit key={edit.id} edit={edit} />
        ))}
      </ul>
    </>
  );
}

function Edit({ edit }: { edit: Schemas["EditOut"] }): ReactNode {
  const t = useTranslations("map");
  const redraw = useRedraw();
  const failed = useTellFailed();
  const [key] = useState(newKey);
  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      data(api.POST("/api/v1/map/edits/{edit}/undo", {
        params: { path: { edit: edit.id }, query: { municipality_id: edit.municipality_id }, header: { "Idempotency-Key": key } },
      })),
    onSuccess: () => {
      redraw();
      tellDone(t("edit.undone"));
    },
    onError: failed,
  });
  const codes = edit.assets.slice(0, 3).map((asset) => asset.code).join(", ");
  const done = edit.assets[0]?.done ?? "changed";
  return (
    <li data-edit={edit.id}>
      <span>
        {t(`edit.did.${edit.undoes === null ? (done as "added") : "undo"}`)} <bdi>{codes}</bdi>
        {edit.assets.length > 3 && ` ${t("edit.more", { count: edit.assets.length - 3 })}`}
      </span>
      <p>
        <Ago at={edit.at} />
        {edit.undone_by !== null && ` · ${t("edit.takenBack")}`}
      </p>
      {edit.undone_by === null && (
        <Button icon="undo" isDisabled={isPending} onPress={() => mutate()} aria-label={t("edit.undoOf", { codes })}>
          {t("edit.undo")}
        </Button>
      )}
    </li>
  );
}
