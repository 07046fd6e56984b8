import type { Schemas } from "@/api/client";
import type { Severity } from "@/live/situation";
import type { Condition, Rule } from "./use-rules";

export const KINDS = ["threshold", "rate_of_change", "no_data", "flatline", "out_of_range", "anomaly"] as const;
export type Kind = (typeof KINDS)[number];
export type Scope = "sensor" | "type" | "all";

/** A rule as it stands in the form: what was typed for one kind of condition stays while another is tried. */
export interface Draft {
  name: string;
  scope: Scope;
  sensor: number | null;
  type: string | null;
  kind: Kind;
  operator: "<" | "<=" | ">" | ">=";
  value: string;
  unit: string | null;
  /** Seconds; empty where the usual is meant. */
  lasts: string;
  change: string;
  within: string;
  direction: "rise" | "fall" | "either";
  tolerance: string;
  deviations: string;
  readings: string;
  severity: Severity;
  alertType: string | null;
  enabled: boolean;
  resolves: boolean;
}

export function emptyDraft(sensor: number | null): Draft {
  return {
    name: "", scope: sensor === null ? "type" : "sensor", sensor, type: null, kind: "threshold", operator: "<", value: "", unit: null,
    lasts: "60", change: "", within: "300", direction: "either", tolerance: "0", deviations: "6", readings: "3",
    severity: "high", alertType: null, enabled: true, resolves: false,
  };
}

export function draftOf(rule: Rule, name = rule.name): Draft {
  const { condition } = rule;
  const lasts = "for_seconds" in condition && condition.for_seconds !== null ? String(condition.for_seconds) : "";
  const base: Draft = {
    ...emptyDraft(rule.sensor_id), name, type: rule.sensor_type, kind: condition.type, severity: rule.severity,
    scope: rule.sensor_id !== null ? "sensor" : rule.sensor_type !== null ? "type" : "all", alertType: rule.alert_type,
    enabled: rule.enabled, resolves: rule.resolve_when_cleared, lasts,
    unit: "unit" in condition ? (condition.unit ?? null) : null,
  };
  switch (condition.type) {
    case "threshold":
      return { ...base, operator: condition.operator, value: String(condition.value) };
    case "rate_of_change":
      return { ...base, change: String(condition.change), within: String(condition.within_seconds), direction: condition.direction };
    case "flatline":
      return { ...base, tolerance: String(condition.tolerance) };
    case "anomaly":
      return { ...base, deviations: String(condition.deviations), readings: String(condition.for_readings) };
    default:
      return base;
  }
}

/** A number as people type it; NaN where it is none. */
export function numberIn(text: string): number {
  const trimmed = text.trim().replace(",", ".");
  return trimmed === "" ? NaN : Number(trimmed);
}

/** The condition of a draft; null while something in it is missing or no number. */
export function conditionOf(draft: Draft): Condition | null {
  const { unit } = draft;
  const lasts = numberIn(draft.lasts);
  const whole = <C extends Condition>(condition: C): C | null =>
    Object.values(condition).some((value) => typeof value === "number" && !Number.isFinite(value)) ? null : condition;
  switch (draft.kind) {
    case "threshold":
      return whole({ type: "threshold", operator: draft.operator, value: numberIn(draft.value), unit, for_seconds: lasts || 0 });
    case "rate_of_change":
      return whole({ type: "rate_of_change", change: numberIn(draft.change), unit, within_seconds: numberIn(draft.within), direction: draft.direction });
    case "no_data":
      return { type: "no_data", for_seconds: Number.isFinite(lasts) ? lasts : null };
    case "flatline":
      return whole({ type: "flatline", for_seconds: lasts, tolerance: numberIn(draft.tolerance), unit });
    case "out_of_range":
      return { type: "out_of_range", for_seconds: lasts || 0 };
    case "anomaly":
      return whole({ type: "anomaly", deviations: numberIn(draft.deviations), for_readings: Math.round(numberIn(draft.readings)) });
  }
}

/** Whether a condition compares with a value, so that it needs one kind of sensor. */
export function needsQuantity(kind: Kind): boolean {
  return kind === "threshold" || kind === "rate_of_change";
}

/** What the server takes; null while the draft is not whole. Without a name it can be tried, not kept. */
export function ruleOf(draft: Draft, name = draft.name.trim()): Schemas["RuleIn"] | null {
  const condition = conditionOf(draft);
  const isAbout = draft.scope === "all" ? !needsQuantity(draft.kind) : draft.scope === "sensor" ? draft.sensor !== null : draft.type !== null;
  if (!condition || !isAbout || name === "") return null;
  return {
    name, condition, severity: draft.severity, enabled: draft.enabled, resolve_when_cleared: draft.resolves,
    sensor_id: draft.scope === "sensor" ? draft.sensor : null,
    sensor_type: draft.scope === "type" ? draft.type : null,
    alert_type: draft.alertType && draft.alertType !== "" ? draft.alertType : null,
    municipality_id: null,
  };
}
