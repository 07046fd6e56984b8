import type { Schemas } from "@/api/client";

export const STEPS = ["place", "network", "sensors", "device", "duty", "security", "summary"] as const;
export type Step = (typeof STEPS)[number];
export type Progress = Schemas["ProgressOut"];

/** What the server's figures do not tell. */
export interface Besides {
  hasPlace: boolean;
  hasFactor: boolean;
}

/** The step of `/set-up/sensors`; null where the address names none. */
export function stepOf(path: string): Step | null {
  const word = path.split("/")[2];
  return STEPS.find((step) => step === word) ?? null;
}

/** Whether a step has left its traces; nobody ticks anything off. */
export function isDone(step: Step, progress: Progress, besides: Besides): boolean {
  switch (step) {
    case "place":
      return besides.hasPlace || progress.centre !== null;
    case "network":
      return progress.pipes + progress.nodes > 0;
    case "sensors":
      return progress.sensors > 0;
    case "device":
      return progress.reporting_sensors > 0;
    case "duty":
      return progress.channels > 0;
    case "security":
      return besides.hasFactor;
    case "summary":
      return STEPS.every((each) => each === "summary" || isDone(each, progress, besides));
  }
}

/** The first step that is still to do; the summary after all. */
export function firstLeft(progress: Progress, besides: Besides): Step {
  return STEPS.find((step) => !isDone(step, progress, besides)) ?? "summary";
}

export function neighbours(step: Step): { before: Step | null; after: Step | null } {
  const at = STEPS.indexOf(step);
  return { before: STEPS[at - 1] ?? null, after: STEPS[at + 1] ?? null };
}
