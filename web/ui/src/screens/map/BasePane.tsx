import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { FileTrigger, ProgressBar } from "react-aria-components";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { useMay } from "@/api/may";
import { problemOf } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { Check } from "@/parts/Checks";
import { Failed } from "@/parts/states";
import { tellDone } from "@/parts/toasts";
import type { Base } from "./base";
import type { Engine } from "./engine";
import { Pane } from "./Pane";
import { upload } from "./upload";
import { useBaseShown, type BaseMap } from "./use-map";
import css from "./Side.module.css";

const MEGA = 1_000_000;

/** The map below the network: whether it is shown, what is known of it, and bringing another. */
export function BasePane({ base, engine, close }: { base: BaseMap | null; engine: Engine | null; close: () => void }): ReactNode {
  const t = useTranslations("map");
  const may = useMay();
  const [isShown, show] = useBaseShown();
  return (
    <Pane title={t("tools.base")} close={close}>
      <p>{t("base.what")}</p>
      {base ? (
        <>
          <Check isSelected={isShown} onChange={show}>{t("base.show")}</Check>
          <Facts base={base.base} engine={engine} />
        </>
      ) : (
        <p className={css["soft"]}>{t("base.none")}</p>
      )}
      {may("settings.manage") && <Bringing own={base && !base.base.common ? base.base : null} scope="own" />}
      {may("system.administer") && <Common engine={engine} />}
    </Pane>
  );
}

/** What the super admin puts below the network of everybody who has nothing of their own. */
function Common({ engine }: { engine: Engine | null }): ReactNode {
  const t = useTranslations("map");
  const { data: common, error, refetch } = useQuery({
    queryKey: ["map-base", "common"],
    queryFn: async () => (await data(api.GET("/api/v1/admin/map/base"))) as Base | null,
  });
  return (
    <section aria-label={t("base.common")}>
      <h3>{t("base.common")}</h3>
      {error && <Failed problem={error} retry={() => void refetch()} />}
      {common ? <Facts base={common} engine={engine} /> : <p className={css["soft"]}>{t("base.none")}</p>}
      <Bringing own={common ?? null} scope="common" />
    </section>
  );
}

function Facts({ base, engine }: { base: Base; engine: Engine | null }): ReactNode {
  const t = useTranslations("map");
  const format = useFormat();
  const [west, south, east, north] = base.bounds.map(Number) as [number, number, number, number];
  const degrees = (value: number): string => format.number(Number(value.toFixed(3)));
  return (
    <>
      <dl className={css["facts"]}>
        <dt>{t("base.file")}</dt>
        <dd><bdi>{base.name}</bdi></dd>
        <dt>{t("base.whose")}</dt>
        <dd>{t(base.common ? "base.common" : "base.own")}</dd>
        <dt>{t("base.size")}</dt>
        <dd><bdi>{format.number(Math.max(1, Math.round((10 * base.size) / MEGA)) / 10)} MB</bdi>, <bdi>{base.format === "pmtiles" ? "PMTiles" : "MBTiles"}</bdi></dd>
        <dt>{t("base.zooms")}</dt>
        <dd><bdi>{base.min_zoom} – {base.max_zoom}</bdi></dd>
        <dt>{t("base.bounds")}</dt>
        <dd><bdi>{degrees(south)}° – {degrees(north)}°, {degrees(west)}° – {degrees(east)}°</bdi></dd>
        <dt>{t("base.attribution")}</dt>
        <dd><bdi>{base.attribution || "–"}</bdi></dd>
        <dt>{t("base.since")}</dt>
        <dd><bdi>{format.dateTime(base.added_at)}</bdi></dd>
      </dl>
      <div className={css["row"]}>
        <Button icon="fit" isDisabled={!engine} onPress={() => engine?.fit([west, south, east, north])}>{t("base.fit")}</Button>
      </div>
    </>
  );
}

/** Upload a file instead of the one that is there, or take it away. */
function Bringing({ own, scope }: { own: Base | null; scope: "own" | "common" }): ReactNode {
  const t = useTranslations("map");
  const app = useTranslations("app");
  const format = useFormat();
  const { id } = useMunicipality();
  const queries = useQueryClient();
  const [share, setShare] = useState<number | null>(null);
  const done = (said: string): void => {
    void queries.invalidateQueries({ queryKey: ["map-base"] });
    tellDone(said);
  };
  const put = useMutation({
    mutationFn: (file: File) =>
      scope === "own"
        ? upload("/api/v1/map/base", file, { municipality_id: String(id) }, setShare)
        : upload("/api/v1/admin/map/base", file, {}, setShare),
    onSettled: () => setShare(null),
    onSuccess: () => done(t("base.added")),
  });
  const remove = useMutation({
    mutationFn: async () => {
      const { response, error } =
        scope === "own"
          ? await api.DELETE("/api/v1/map/base", { params: { query: { municipality_id: id } } })
          : await api.DELETE("/api/v1/admin/map/base");
      if (!response.ok) throw problemOf(error, response.status);
    },
    onSuccess: () => done(t("base.removed")),
  });
  const problem = put.error ?? remove.error;
  return (
    <>
      {share !== null && (
        <ProgressBar value={share * 100} aria-label={t("base.uploading")}>
          <p>{t("base.uploading")} <bdi>{format.percent(share)}</bdi></p>
          <div className={css["bar"]}><span style={{ inlineSize: `${share * 100}%` }} /></div>
        </ProgressBar>
      )}
      {problem && <Failed problem={problem} />}
      <div className={css["row"]}>
        <FileTrigger acceptedFileTypes={[".pmtiles", ".mbtiles"]} onSelect={(files) => files?.[0] && put.mutate(files[0])}>
          <Button icon="upload" isDisabled={put.isPending}>{t(own ? "base.replace" : "base.choose")}</Button>
        </FileTrigger>
        {own && <Button icon="trash" isDisabled={remove.isPending} onPress={() => remove.mutate()}>{app("delete")}</Button>}
      </div>
    </>
  );
}
