import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, now, type Schemas } from "@/api/client";
import { useFormat } from "@/format/use-format";
import type { Doubt } from "@/parts/chart/marks";
import { placeOf, type Line } from "@/parts/chart/line";
import { spanOf, type View } from "@/parts/chart/span";
import css from "./Sensor.module.css";

/** So many readings are looked at one by one; of more the chart's marks tell what was unusual. */
const MOST = 2000;
const GOOD = 0.5;
const BAD = 0.2;
const STEP = 60_000;

type Reading = Schemas["Reading"];
const NONE: Reading[] = [];

/** Readings in what is seen whose device itself says that they are doubtful. */
export function useDoubtful(sensor: number, line: Line | undefined, view: View): Reading[] {
  const span = spanOf(view, now());
  const from = Math.floor(span.from / STEP) * STEP;
  const to = Math.ceil(span.to / STEP) * STEP;
  let readings = 0;
  if (line) for (let at = placeOf(line.times, from); at < placeOf(line.times, to); at++) readings += line.count[at] ?? 0;
  const { data: found } = useQuery({
    queryKey: ["quality", sensor, from, to],
    queryFn: ({ signal }) => data(api.GET("/api/v1/sensors/{sensor}/readings", {
      params: { path: { sensor }, query: { from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit: MOST } }, signal,
    })),
    enabled: readings > 0 && readings <= MOST,
    placeholderData: keepPreviousData,
    staleTime: STEP,
    gcTime: STEP,
  });
  return useMemo(() => {
    if (readings === 0 || readings > MOST) return NONE;
    return (found ?? []).filter((each) => each.quality_score !== null && each.quality_score < GOOD);
  }, [found, readings]);
}

/** The same as the chart draws it: by quality in two kinds. */
export function doubtsOf(found: readonly Reading[], inOne: (value: number, unit: string) => number): Doubt[] {
  return found.map((each) => ({ at: Date.parse(each.timestamp), value: inOne(each.value, each.unit), isBad: isBad(each) }));
}

function isBad(reading: Pick<Reading, "quality_score">): boolean {
  return (reading.quality_score ?? 1) < BAD;
}

export function Doubtful({ found }: { found: readonly Reading[] }): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  if (found.length === 0) return null;
  return (
    <details className={css["events"]}>
      <summary>{t("doubtful", { count: found.length })}</summary>
      <ul>
        {found.slice(0, 50).map((each) => (
          <li key={each.id}>
            <span aria-hidden="true">{isBad(each) ? "×" : "◇"}</span> <bdi>{format.value(each.value, each.unit)}</bdi>
            <small><bdi>{format.dateTime(each.timestamp)}</bdi> · {t("quality", { share: format.percent(each.quality_score ?? 0) })}</small>
          </li>
        ))}
      </ul>
    </details>
  );
}
