/** What a chart draws of one sensor. */

/** Longer than so many usual steps without a value, and it is a gap. */
const GAP_STEPS = 4;
const SAMPLES = 500;

export interface Gap {
  from: number;
  to: number;
}

/** A series in buckets: the lowest, mean and highest value of each; raw readings have all three alike. */
export interface Line {
  id: number;
  name: string;
  /** The unit in which the values are, as the person reads it. */
  unit: string;
  times: Float64Array;
  low: Float64Array;
  mean: Float64Array;
  high: Float64Array;
  count: Float64Array;
  /** How wide a bucket is; 0 where each is one reading. */
  step: number;
  /** Where there is nothing though there should be: no line is drawn over them. */
  gaps: readonly Gap[];
}

export interface Buckets {
  timestamps: readonly string[];
  min: readonly number[];
  mean: readonly number[];
  max: readonly number[];
  count: readonly number[];
}

export type Convert = (value: number) => number;

/** Make a line of an answer of the API, in other units where `convert` says so. */
export function lineOf(head: Pick<Line, "id" | "name" | "unit" | "step">, said: Buckets, convert: Convert = (value) => value): Line {
  const times = Float64Array.from(said.timestamps, (each) => Date.parse(each));
  const low = Float64Array.from(said.min, convert);
  const high = Float64Array.from(said.max, convert);
  // A unit that runs the other way round would turn the envelope over.
  const turned = low.length > 0 && (low[0] ?? 0) > (high[0] ?? 0);
  return {
    ...head,
    times,
    low: turned ? high : low,
    mean: Float64Array.from(said.mean, convert),
    high: turned ? low : high,
    count: Float64Array.from(said.count),
    gaps: gapsIn(times, head.step),
  };
}

/** Find where values are missing, judged by how often they usually come, and how often they came just there. */
export function gapsIn(times: Float64Array, step: number): Gap[] {
  const usual = Math.max(step, usualStep(times));
  const gaps: Gap[] = [];
  if (usual === 0) return gaps;
  for (let at = 1; at < times.length; at++) {
    const before = times[at - 1] ?? 0;
    const after = times[at] ?? 0;
    if (after - before <= GAP_STEPS * usual) continue;
    // A device may once have reported less often: then its neighbours lie as far apart.
    const near = Math.max(before - (times[at - 2] ?? before), (times[at + 1] ?? after) - after);
    if (after - before > GAP_STEPS * near) gaps.push({ from: before + step, to: after });
  }
  return gaps;
}

/** The gaps of a line that is shown alone; null where there are several, each with its own. */
export function gapsOfOne(lines: readonly Line[]): readonly Gap[] | null {
  const [only, ...others] = lines;
  return only && others.length === 0 ? only.gaps : null;
}

function usualStep(times: Float64Array): number {
  const every = Math.max(1, Math.floor(times.length / SAMPLES));
  const steps: number[] = [];
  for (let at = 1; at < times.length; at += every) steps.push((times[at] ?? 0) - (times[at - 1] ?? 0));
  steps.sort((one, other) => one - other);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

/** One value that has just come. */
export interface Fresh {
  at: number;
  value: number;
}

/** Give the line with fresh values in it, each in its bucket; the line itself stays as it is. */
export function withFresh(line: Line, fresh: readonly Fresh[]): Line {
  if (fresh.length === 0) return line;
  const sorted = fresh.toSorted((one, other) => one.at - other.at);
  const most = line.times.length + sorted.length;
  const next = {
    times: new Float64Array(most), low: new Float64Array(most), mean: new Float64Array(most),
    high: new Float64Array(most), count: new Float64Array(most),
  };
  let size = 0;
  const put = (at: number, low: number, mean: number, high: number, count: number): void => {
    const last = size - 1;
    if (last >= 0 && next.times[last] === at) {
      const known = next.count[last] ?? 0;
      next.low[last] = Math.min(next.low[last] ?? low, low);
      next.high[last] = Math.max(next.high[last] ?? high, high);
      next.mean[last] = ((next.mean[last] ?? 0) * known + mean * count) / (known + count);
      next.count[last] = known + count;
      return;
    }
    next.times[size] = at;
    next.low[size] = low;
    next.mean[size] = mean;
    next.high[size] = high;
    next.count[size++] = count;
  };
  let here = 0;
  for (const one of sorted) {
    const at = line.step ? Math.floor(one.at / line.step) * line.step : one.at;
    for (; here < line.times.length && (line.times[here] ?? 0) <= at; here++) copy(line, here, put);
    put(at, one.value, one.value, one.value, 1);
  }
  for (; here < line.times.length; here++) copy(line, here, put);
  const times = next.times.slice(0, size);
  return {
    ...line, times, low: next.low.slice(0, size), mean: next.mean.slice(0, size), high: next.high.slice(0, size),
    count: next.count.slice(0, size), gaps: gapsIn(times, line.step),
  };
}

function copy(line: Line, at: number, put: (...one: [number, number, number, number, number]) => void): void {
  put(line.times[at] ?? 0, line.low[at] ?? 0, line.mean[at] ?? 0, line.high[at] ?? 0, line.count[at] ?? 0);
}

/** The first place in `times` whose time is at or after `at`. */
export function placeOf(times: Float64Array, at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
