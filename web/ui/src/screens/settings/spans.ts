import type { Schemas } from "@/api/client";

/** What the server takes where nothing is said. */
export const USUAL = { readings_days: 1830, minutes_days: 2196, hours_days: 3660, days_days: 36_500 } as const;
export const KINDS = ["readings_days", "minutes_days", "hours_days", "days_days"] as const;
export type Kind = (typeof KINDS)[number];
export type Spans = Record<Kind, number>;

export interface Plan {
  usual: Spans;
  byType: Record<string, Spans>;
  records: number;
}

export function planOf(body: Schemas["RetentionBody"]): Plan {
  const types = Object.entries(body.by_sensor_type ?? {}).map(([type, spans]) => [type, { ...USUAL, ...spans }] as const);
  return { usual: { ...USUAL, ...body.default }, byType: Object.fromEntries(types), records: body.records_days ?? 732 };
}

export function bodyOf(plan: Plan): Schemas["RetentionBody"] {
  return { default: plan.usual, by_sensor_type: plan.byType, records_days: plan.records };
}

/** The first kind that is kept shorter than what is finer, which the server refuses; null if all is well. */
export function wrongOf(spans: Spans): Kind | null {
  return KINDS.find((kind, at) => at > 0 && spans[kind] < spans[KINDS[at - 1] ?? kind]) ?? null;
}

/** Years, months or days: what a person would say for this many days. */
export function said(days: number): { unit: "year" | "month" | "day"; count: number } {
  if (days >= 730) return { unit: "year", count: Math.round(days / 36.525) / 10 };
  if (days >= 90) return { unit: "month", count: Math.round(days / 30.44) };
  return { unit: "day", count: days };
}
