import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { isShelved } from "@/live/situation";
import { useActiveAlerts, useSensor, useSituation } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { PriorityMark } from "@/parts/PriorityMark";
import { useNow } from "@/parts/use-now";
import { useTitle } from "@/parts/use-title";
import { draw } from "@/screens/alarms/curve";
import css from "./Wall.module.css";

const MOST = 9;
const HOUR = 3_600_000;

/** The worst alarms in letters for five metres. */
export function Alarms(): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("wall");
  const app = useTranslations("app");
  const now = useNow();
  const alerts = useActiveAlerts().filter((alert) => !isShelved(alert, now));
  return (
    <section className={css["alarms"]} aria-label={app("screens.alarms")}>
      <h1>{app("screens.alarms")}</h1>
      {alerts.length === 0 && <p className={css["quiet"]}>{t("quiet")}</p>}
      <ol>
        {alerts.slice(0, MOST).map((alert) => (
          <li key={alert.id} data-status={alert.status}>
            <span className={css["mark"]} data-new={alert.status === "open" || undefined}>
              <PriorityMark severity={alert.severity} hollow={alert.status !== "open"} size={48} />
            </span>
            <b dir="auto">{titleOf(alert)}</b>
            <span>{app(`status.${alert.status}`)}</span>
            <Ago at={alert.raised_at ?? alert.created_at} />
          </li>
        ))}
      </ol>
      {alerts.length > MOST && <p className={css["soft"]}>{t("more", { count: alerts.length - MOST })}</p>}
    </section>
  );
}

export function Sensors({ ids }: { ids: readonly number[] }): ReactNode {
  const app = useTranslations("app");
  return (
    <section className={css["sensors"]} aria-label={app("screens.sensors")}>
      <h1 className="visually-hidden">{app("screens.sensors")}</h1>
      {ids.map((id) => <Tile key={id} id={id} />)}
    </section>
  );
}

/** One sensor: its value now in large letters, how old it is, and the last day. */
function Tile({ id }: { id: number }): ReactNode {
  const t = useTranslations("wall");
  const sensor = useSensor(id);
  const situation = useSituation();
  const format = useFormat();
  const now = useNow();
  const until = Math.ceil(now / 60_000) * 60_000;
  const { data: series } = useQuery({
    queryKey: ["wall", "series", id, until],
    queryFn: () => data(api.GET("/api/v1/sensors/{sensor}/series", { params: { path: { sensor: id }, query: { hours: 24, points: 400 } } })),
    placeholderData: (before) => before,
  });
  if (!sensor) return <article><p>{t("noSensor")}</p></article>;
  const worst = situation.worstOf(id);
  const curve = series && { times: series.timestamps.map((each) => Date.parse(each)), low: series.min, mean: series.mean, high: series.max };
  const drawing = curve && curve.times.length > 0 ? draw(curve, until - 24 * HOUR, until, 600, 200, []) : null;
  return (
    <article data-silent={situation.isSilent(sensor) || undefined}>
      <h2 dir="auto">{worst && <PriorityMark severity={worst.severity} hollow={worst.status !== "open"} size={32} />} {sensor.name}</h2>
      <p className={css["value"]}><bdi>{format.value(sensor.last_reading, sensor.unit)}</bdi></p>
      <p className={css["soft"]}><Ago at={sensor.last_reading_at} /></p>
      {drawing && (
        <svg viewBox="0 0 600 200" preserveAspectRatio="none" aria-hidden="true">
          <path className={css["envelope"]} d={drawing.envelope} />
          <path className={css["trace"]} d={drawing.line} />
        </svg>
      )}
    </article>
  );
}
