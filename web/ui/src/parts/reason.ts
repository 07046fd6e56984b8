import { fromSI } from "@/format/measure";

/** What a rule saw: which sentence says it, with its values in the sensor's unit and its times in milliseconds. */
export interface Reason {
  say: "limit" | "limitFor" | "below" | "above" | "back" | "usual" | "strange" | "rose" | "fell" | "steady" | "still" | "moves" | "silent" | "silentUsually" | "again";
  values: Readonly<Record<string, number>>;
  times: Readonly<Record<string, number>>;
}

type Numbers = Readonly<Record<string, number>>;

/** Read evidence, whose numbers are SI; null where it has none that are understood. `isOver`: the condition ended then. */
export function reasonOf(numbers: Numbers, unit: string, isOver: boolean): Reason | null {
  const values = (names: Record<string, number | undefined>): Record<string, number> =>
    Object.fromEntries(Object.entries(names).flatMap(([name, si]) => (si === undefined ? [] : [[name, fromSI(si, unit)]])));
  const { value, limit, change, seconds = 0, usual_seconds: usually, usual_low: low, usual_high: high } = numbers;
  const time = seconds * 1000;
  if (value === undefined) return usually === undefined ? null : silence(time, usually * 1000, isOver);
  if (change !== undefined) {
    const said = values({ value, before: value - change });
    return isOver ? { say: "steady", values: said, times: {} } : { say: change > 0 ? "rose" : "fell", values: said, times: { time } };
  }
  if (limit !== undefined) return { say: time > 0 && !isOver ? "limitFor" : "limit", values: values({ value, limit }), times: { time } };
  if (low !== undefined && high !== undefined) return { say: "usual", values: values({ value, low, high }), times: {} };
  if ("score" in numbers) return { say: "strange", values: values({ value }), times: {} };
  if ("tolerance" in numbers) return { say: isOver ? "moves" : "still", values: values({ value }), times: { time } };
  return beyond(value, numbers["low"], numbers["high"], values, isOver);
}

function silence(time: number, usually: number, isOver: boolean): Reason {
  if (isOver) return { say: "again", values: {}, times: { time } };
  return { say: usually > 0 ? "silentUsually" : "silent", values: {}, times: { time, usually } };
}

function beyond(
  value: number,
  low: number | undefined,
  high: number | undefined,
  values: (names: Record<string, number>) => Record<string, number>,
  isOver: boolean,
): Reason | null {
  if (low !== undefined && value < low) return { say: "below", values: values({ value, limit: low }), times: {} };
  if (high !== undefined && value > high) return { say: "above", values: values({ value, limit: high }), times: {} };
  const hasLimits = low !== undefined || high !== undefined;
  return isOver && hasLimits ? { say: "back", values: values({ value }), times: {} } : null;
}
