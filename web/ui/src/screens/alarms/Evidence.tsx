import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, now } from "@/api/client";
import { fromSI } from "@/format/measure";
import { useFormat } from "@/format/use-format";
import type { Alert } from "@/live/situation";
import { Failed } from "@/parts/states";
import { draw, type Curve } from "./curve";
import css from "./Detail.module.css";

const WIDTH = 600;
const HEIGHT = 150;
const HOUR = 3_600_000;
const POINTS = 300;

/** The numbers of evidence that are values of the sensor, in its own unit. */
export function valuesOf(alert: Alert, unit: string): Partial<Record<"value" | "limit" | "low" | "high", number>> {
  const said = alert.evidence?.numbers ?? {};
  const found: Partial<Record<"value" | "limit" | "low" | "high", number>> = {};
  const names = { value: "value", limit: "limit", usual_low: "low", usual_high: "high" } as const;
  for (const [name, as] of Object.entries(names)) {
    const value = said[name];
    if (value !== undefined) found[as] = fromSI(value, unit);
  }
  return found;
}

/** The curve around the moment when the alarm came, with the limit or what is usual, and that moment. */
export function Evidence({ alert, sensor, unit }: { alert: Alert; sensor: number; unit: string }): ReactNode {
  const t = useTranslations("alarms");
  const raised = Date.parse(alert.raised_at);
  const from = raised - 2 * HOUR;
  const to = Math.min(now(), Math.max(raised + HOUR, Date.parse(alert.last_seen_at) + HOUR / 4));
  const until = Math.ceil(to / 60_000) * 60_000;
  const { data: found, error, refetch } = useQuery({
    queryKey: ["evidence", alert.id, sensor, until],
    queryFn: () => data(api.GET("/api/v1/sensors/{sensor}/series", {
      params: { path: { sensor }, query: { from: new Date(from).toISOString(), to: new Date(until).toISOString(), points: POINTS } },
    })),
    placeholderData: (before) => before,
  });
  if (error) return <Failed problem={error} retry={() => void refetch()} />;
  if (!found) return <div className={css["chart"]} />;
  if (found.timestamps.length === 0) return <p className={css["soft"]}>{t("noCurve")}</p>;
  const curve = { times: found.timestamps.map((each) => Date.parse(each)), low: found.min, mean: found.mean, high: found.max };
  return <Picture curve={curve} from={from} to={until} raised={raised} unit={found.unit} alert={alert} sensorUnit={unit} />;
}

function Picture({ curve, from, to, raised, unit, alert, sensorUnit }: {
  curve: Curve; from: number; to: number; raised: number; unit: string; alert: Alert; sensorUnit: string;
}): ReactNode {
  const t = useTranslations("alarms");
  const format = useFormat();
  const { limit, low, high } = valuesOf(alert, sensorUnit);
  const lines = useMemo(() => [limit, low, high].filter((each) => each !== undefined), [limit, low, high]);
  const drawing = draw(curve, from, to, WIDTH, HEIGHT, lines);
  const lowest = Math.min(...curve.low);
  const highest = Math.max(...curve.high);
  const said = t("curveSays", { low: format.value(lowest, unit), high: format.value(highest, unit), from: format.time(from), to: format.time(to) });
  return (
    <figure className={css["figure"]}>
      <svg className={css["chart"]} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={said}>
        {low !== undefined && high !== undefined && (
          <rect className={css["band"]} x={0} width={WIDTH} y={drawing.y(high)} height={drawing.y(low) - drawing.y(high)} />
        )}
        <path className={css["envelope"]} d={drawing.envelope} />
        <path className={css["trace"]} d={drawing.line} />
        {limit !== undefined && <line className={css["limit"]} x1={0} x2={WIDTH} y1={drawing.y(limit)} y2={drawing.y(limit)} />}
        <line className={css["moment"]} x1={drawing.x(raised)} x2={drawing.x(raised)} y1={0} y2={HEIGHT} />
      </svg>
      <figcaption>
        <span><bdi>{format.time(from)} – {format.time(to)}</bdi></span>
        <span>{t("span")} <bdi>{format.value(lowest, unit)} – {format.value(highest, unit)}</bdi></span>
        {limit !== undefined && <span><i className={css["keyLimit"]} />{t("limit")} <bdi>{format.value(limit, unit)}</bdi></span>}
        {low !== undefined && high !== undefined && (
          <span><i className={css["keyBand"]} />{t("usual")} <bdi>{format.value(low, unit)} – {format.value(high, unit)}</bdi></span>
        )}
        <span><i className={css["keyMoment"]} />{t("raised")} <bdi>{format.time(raised)}</bdi></span>
      </figcaption>
    </figure>
  );
}
