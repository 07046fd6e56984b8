import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, data, type Schemas } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { lineOf, type Line } from "@/parts/chart/line";
import type { Mark } from "@/parts/chart/marks";
import type { Asked } from "@/parts/chart/span";
import { converter } from "@/parts/chart/use-series";
import { useTitle } from "@/parts/use-title";

const MOST_USUAL = 2000;
const FRESH_FOR = 30_000;

function span(asked: Asked): { from: string; to: string } {
  return { from: new Date(asked.from).toISOString(), to: new Date(asked.to).toISOString() };
}

/**
 * What is usual for a sensor over a window, as the band of a chart; how far learning is, where it is not known.
 * With `deviations` the band that a rule with so many compares with; nothing is asked for no sensor.
 */
export function useUsual(sensor: number | null, asked: Asked, deviations: number | null = null): { usual: Line | null; learning: string } {
  const format = useFormat();
  const points = Math.min(MOST_USUAL, asked.points, Math.max(24, Math.ceil((asked.to - asked.from) / 900_000)));
  const { data: found } = useQuery({
    queryKey: ["usual", sensor, asked.from, asked.to, points, deviations],
    queryFn: ({ signal }) => data(api.GET("/api/v1/sensors/{sensor}/usual", {
      params: { path: { sensor: sensor ?? 0 }, query: { ...span(asked), points, ...(deviations !== null && { deviations }) } },
      signal,
    })),
    enabled: sensor !== null,
    placeholderData: keepPreviousData,
    staleTime: 10 * 60_000,
  });
  const usual = useMemo(() => (found ? bandOf(found, format) : null), [found, format]);
  return { usual, learning: found?.learning ?? "" };
}

function bandOf(found: Schemas["UsualOut"], format: ReturnType<typeof useFormat>): Line | null {
  const known = [...found.timestamps.keys()].filter((at) => found.low[at] !== null && found.high[at] !== null);
  if (known.length === 0) return null;
  const { convert, unit } = converter(format, found.unit);
  const pick = (values: readonly (number | null)[]): number[] => known.map((at) => values[at] ?? 0);
  const said = {
    timestamps: known.map((at) => found.timestamps[at] ?? ""),
    min: pick(found.low), mean: pick(found.median), max: pick(found.high), count: known.map(() => 1),
  };
  return lineOf({ id: 0, name: "", unit, step: 0 }, said, convert);
}

/** What happened to a sensor in a window, as marks of a chart; fetched anew when an alarm of it changes. */
export function useMarks(sensor: number, asked: Asked, alarmed: string): { marks: Mark[]; complete: boolean } {
  const { data: found } = useQuery({
    queryKey: ["marks", sensor, asked.from, asked.to, alarmed],
    queryFn: ({ signal }) => data(api.GET("/api/v1/sensors/{sensor}/marks", { params: { path: { sensor }, query: span(asked) }, signal })),
    placeholderData: keepPreviousData,
    staleTime: FRESH_FOR,
    refetchInterval: FRESH_FOR * 2,
  });
  const titleOf = useTitle();
  return useMemo(() => ({ marks: found ? marksOf(found, titleOf) : [], complete: found?.complete ?? true }), [found, titleOf]);
}

const end = (at: string | null): number | null => (at === null ? null : Date.parse(at));
const ACTIVE = ["acknowledged", "in_progress", "resolved", "closed"];

/** Make marks of what the API says. */
export function marksOf(found: Schemas["MarksOut"], titleOf: ReturnType<typeof useTitle>): Mark[] {
  return [
    ...found.gaps.map((gap): Mark => ({
      key: `gap${gap.from}`, kind: "gap", from: Date.parse(gap.from), to: Date.parse(gap.to),
      title: "", severity: null, hollow: false, href: null,
    })),
    ...found.alerts.map((alert): Mark => ({
      key: `alert${alert.id}`, kind: "alert", from: Date.parse(alert.from), to: end(alert.to), title: titleOf(alert),
      severity: alert.severity, hollow: ACTIVE.includes(alert.status), href: `/alarms/${alert.id}`,
    })),
    ...found.incidents.map((incident): Mark => ({
      key: `incident${incident.id}`, kind: "incident", from: Date.parse(incident.from), to: end(incident.to),
      title: titleOf(incident), severity: incident.severity, hollow: false, href: `/incidents/${incident.id}`,
    })),
    ...found.maintenance.map((work): Mark => ({
      key: `work${work.id}`, kind: "work", from: Date.parse(work.from), to: end(work.to), title: work.work,
      severity: null, hollow: false, href: "/maintenance", outOfService: work.out_of_service,
    })),
    ...found.anomalies.map((anomaly): Mark => ({
      key: `anomaly${anomaly.timestamp}`, kind: "anomaly", from: Date.parse(anomaly.timestamp), to: Date.parse(anomaly.timestamp),
      title: "", severity: null, hollow: false, href: null,
    })),
  ];
}
