/** A small curve as SVG paths: what an alarm saw, drawn without a library. */

export interface Curve {
  /** Milliseconds. */
  times: number[];
  low: number[];
  mean: number[];
  high: number[];
}

export interface Drawing {
  line: string;
  /** From the lowest to the highest value of each bucket: no peak is lost. */
  envelope: string;
  x: (at: number) => number;
  y: (value: number) => number;
  bottom: number;
  top: number;
}

/** A gap longer than this many usual steps is drawn as one. */
const GAP = 4;

/** Lay a curve out in a box; `more` are values that must be seen too, such as limits. */
export function draw(curve: Curve, from: number, to: number, width: number, height: number, more: readonly number[]): Drawing {
  const all = [...curve.low, ...curve.high, ...more];
  const lowest = Math.min(...all);
  const highest = Math.max(...all);
  const room = (highest - lowest || Math.abs(highest) || 1) * 0.08;
  const [bottom, top] = [lowest - room, highest + room];
  const x = (at: number): number => Math.round(((at - from) / (to - from || 1)) * width * 10) / 10;
  const y = (value: number): number => Math.round((1 - (value - bottom) / (top - bottom)) * height * 10) / 10;
  const runs = runsOf(curve.times);
  const at = (index: number, values: number[]): string => `${x(curve.times[index] ?? 0)} ${y(values[index] ?? 0)}`;
  return {
    line: runs.map((run) => `M${run.map((index) => at(index, curve.mean)).join("L")}`).join(""),
    envelope: runs
      .map((run) => `M${run.map((index) => at(index, curve.high)).join("L")}L${run.toReversed().map((index) => at(index, curve.low)).join("L")}Z`)
      .join(""),
    x,
    y,
    bottom,
    top,
  };
}

/** Indexes in runs without a gap. */
export function runsOf(times: readonly number[]): number[][] {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0)).sort((one, other) => one - other);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const runs: number[][] = [];
  times.forEach((time, index) => {
    const before = times[index - 1];
    if (before === undefined || time - before > usual * GAP) runs.push([]);
    runs.at(-1)?.push(index);
  });
  return runs;
}
