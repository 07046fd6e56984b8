import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, whole } from "@/api/client";
import { useMay } from "@/api/may";
import { ApiProblem, problemOf } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Failed, Loading } from "@/parts/states";
import { tellDone } from "@/parts/toasts";
import { standingOf, type Figure, type Zone as Glance } from "@/screens/overview/glance";
import { useOverview } from "@/screens/overview/use-overview";
import { areaOf, boxOf } from "./geo";
import { Pane } from "./Pane";
import type { Around } from "./Side";
import { useHighlight } from "./use-layers";
import { useRedraw } from "./use-map";
import { ZoneEditor } from "./ZoneEditor";
import { areaFeatures, outlinesOf, type Zone } from "./zones";
import css from "./Side.module.css";

/** A zone: what flows in against what is usual, what lies in it, and changing it. */
export function ZoneDetail({ id, close, ...around }: Around & { id: number; close: () => void }): ReactNode {
  const t = useTranslations("map");
  const may = useMay();
  const { id: municipality } = useMunicipality();
  const [isEditing, setEditing] = useState(false);
  const { data: found, error, refetch } = useQuery({
    queryKey: ["zone", municipality, id],
    queryFn: () => whole(api.GET("/api/v1/zones/{zone}", { params: { path: { zone: id }, query: { municipality_id: municipality } } })),
  });
  const zone = found?.data as Zone | undefined;
  const features = useMemo(() => (zone ? areaFeatures(zone.geometry) : null), [zone]);
  useHighlight(around.engine, isEditing ? null : features);
  useSight(around, zone);
  const title = zone ? <bdi>{zone.name}</bdi> : t("find.kinds.zone");
  if (zone && isEditing) {
    const etag = found?.headers.get("ETag") ?? null;
    return (
      <Pane title={title} close={() => setEditing(false)}>
        <ZoneEditor key={etag} {...around} zone={zone} etag={etag} done={() => setEditing(false)} />
      </Pane>
    );
  }
  return (
    <Pane title={title} close={close}>
      {error && <Failed problem={error} retry={() => void refetch()} />}
      {!zone && !error && <Loading />}
      {zone && <Figures zone={zone} />}
      {zone && may("network.edit") && (
        <div className={css["row"]}>
          <Button icon="edit" onPress={() => setEditing(true)}>{t("edit.change")}</Button>
          <Remove zone={zone} etag={found?.headers.get("ETag") ?? null} gone={close} again={() => void refetch()} />
        </div>
      )}
    </Pane>
  );
}

/** Show the whole of a zone that was chosen, once, where nothing of it is in view. */
function useSight({ engine }: Around, zone: Zone | undefined): void {
  const shown = useRef<number | null>(null);
  useEffect(() => {
    if (!engine || !zone || shown.current === zone.id) return;
    shown.current = zone.id;
    const box = boxOf(outlinesOf(zone.geometry).flat());
    const [west, south, east, north] = engine.box;
    if (box && (box[0] > east || box[2] < west || box[1] > north || box[3] < south)) engine.fit(box);
  }, [engine, zone]);
}

function Figures({ zone }: { zone: Zone }): ReactNode {
  const t = useTranslations("map");
  const words = useTranslations("overview");
  const format = useFormat();
  const { overview } = useOverview();
  const glance = overview?.zones.find((each) => each.id === zone.id);
  const hectares = outlinesOf(zone.geometry).reduce((sum, outline) => sum + areaOf(outline), 0) / 10_000;
  return (
    <>
      {glance && overview && (
        <>
          <Inflow label={words("inflow")} figure={glance.inflow} unit={overview.units.flow} isBig />
          <Inflow label={words("nightFlow")} figure={glance.night_flow} unit={overview.units.flow} />
        </>
      )}
      <dl className={css["facts"]}>
        <dt>{t("field.kind")}</dt>
        <dd>{t(`zoneKinds.${zone.kind}`)}</dd>
        <dt>{t("measure.area")}</dt>
        <dd><bdi>{format.number(Number(hectares.toPrecision(3)))} ha</bdi></dd>
        {glance && overview && <Pressure glance={glance} unit={overview.units.pressure} />}
      </dl>
    </>
  );
}

function Inflow({ label, figure, unit, isBig = false }: { label: string; figure: Figure; unit: string; isBig?: boolean }): ReactNode {
  const words = useTranslations("overview");
  const format = useFormat();
  const standing = standingOf(figure);
  const isOff = standing === "high" || standing === "low";
  return (
    <div data-standing={standing}>
      <h3>{label}</h3>
      {figure.value === null ? (
        <p className={css["soft"]}>{words(`why.${figure.why ?? "no_reading"}`)}</p>
      ) : (
        <p className={isBig ? css["big"] : css["value"]} style={{ textAlign: "start" }}>
          <bdi>{format.value(figure.value, unit)}</bdi>
          {isOff && <b className={css["off"]}><span aria-hidden="true">{standing === "high" ? "▲" : "▼"}</span> {words(`standings.${standing}`)}</b>}
        </p>
      )}
      <p className={css["soft"]}>
        {figure.usual
          ? <>{words("usual")} <bdi>{format.value(figure.usual.low, unit)} – {format.value(figure.usual.high, unit)}</bdi></>
          : figure.value !== null && words(`why.${figure.why ?? "learning"}`)}
        {figure.at && <> · <Ago at={figure.at} /></>}
      </p>
    </div>
  );
}

function Pressure({ glance, unit }: { glance: Glance; unit: string }): ReactNode {
  const words = useTranslations("overview");
  const format = useFormat();
  return (
    <>
      <dt>{words("pressure")}</dt>
      <dd>
        <bdi>{format.value(glance.pressure.min, unit)}</bdi>
        {" · "}{words("reporting", { count: glance.pressure.reporting, all: glance.pressure.sensors })}
      </dd>
    </>
  );
}

function Remove({ zone, etag, gone, again }: { zone: Zone; etag: string | null; gone: () => void; again: () => void }): ReactNode {
  const t = useTranslations("map");
  const app = useTranslations("app");
  const redraw = useRedraw();
  const [isAsking, setAsking] = useState(false);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const params = { path: { zone: zone.id }, query: { municipality_id: zone.municipality_id }, header: etag ? { "If-Match": etag } : {} };
      const { error: why, response } = await api.DELETE("/api/v1/zones/{zone}", { params });
      if (!response.ok) throw problemOf(why, response.status);
    },
    onSuccess: () => {
      redraw(zone.id);
      tellDone(t("edit.removed", { name: zone.name }));
      gone();
    },
    onError: (problem) => {
      if (problem instanceof ApiProblem && problem.status === 412) again();
    },
  });
  if (!isAsking) return <Button icon="trash" onPress={() => setAsking(true)}>{app("delete")}</Button>;
  return (
    <>
      <Button kind="danger" icon="trash" isDisabled={isPending} onPress={() => mutate()} autoFocus>{t("edit.reallyRemove", { name: zone.name })}</Button>
      <Button onPress={() => setAsking(false)}>{app("cancel")}</Button>
      {error && <Failed problem={error} />}
    </>
  );
}
