import type { Schemas } from "@/api/client";
import type { Condition } from "./use-rules";

/** A level of one side: a value beyond it fulfils the condition. */
export interface Level {
  value: number;
  /** Its unit; null: the sensor's own. */
  unit: string | null;
  side: "below" | "atMost" | "above" | "atLeast";
}

/** What a rule holds readings against, as far as a chart can show it. */
export type Compared =
  | { is: "levels"; levels: Level[] }
  /** So many times the usual spread around what is usual at that hour. */
  | { is: "band"; deviations: number }
  /** Nothing that has a height: a length of time or a difference, to be said in words. */
  | { is: "words"; of: "change" | "silence" | "stillness" };

const SIDES = { "<": "below", "<=": "atMost", ">": "above", ">=": "atLeast" } as const;

/** Give what a condition would have compared a sensor with, whose limits in force are these. */
export function comparedOf(condition: Condition, limits: Schemas["Limits"] | undefined): Compared {
  switch (condition.type) {
    case "threshold":
      return { is: "levels", levels: [{ value: condition.value, unit: condition.unit ?? null, side: SIDES[condition.operator] }] };
    case "out_of_range":
      return { is: "levels", levels: [...end(limits?.min, "below"), ...end(limits?.max, "above")] };
    case "anomaly":
      return { is: "band", deviations: condition.deviations };
    case "rate_of_change":
      return { is: "words", of: "change" };
    case "no_data":
      return { is: "words", of: "silence" };
    case "flatline":
      return { is: "words", of: "stillness" };
  }
}

function end(value: number | null | undefined, side: "below" | "above"): Level[] {
  return value === null || value === undefined ? [] : [{ value, unit: null, side }];
}
