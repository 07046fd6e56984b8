import { gapsIn, type Convert, type Line } from "@/parts/chart/line";
import type { Replayed } from "./data";

/** So many sensors are drawn in the chart; the ones with most steps. */
export const MOST_DRAWN = 6;

/** What each sensor said, step by step: a line for each, the longest first, in the person's units. */
export function linesOf(replayed: Replayed, convert: (unit: string) => { convert: Convert; unit: string }): Line[] {
  const bySensor = new Map<number, { name: string; unit: string; times: number[]; values: number[] }>();
  for (const event of replayed.timeline_events) {
    for (const seen of event.sensors) {
      const known = bySensor.get(seen.sensor_id) ?? { name: seen.sensor_name, unit: seen.unit, times: [], values: [] };
      known.times.push(Date.parse(event.timestamp));
      known.values.push(seen.average_value);
      bySensor.set(seen.sensor_id, known);
    }
  }
  const step = replayed.metadata.resolution_seconds * 1000;
  return [...bySensor]
    .sort(([, one], [, other]) => other.times.length - one.times.length)
    .map(([id, { name, unit, times, values }]) => {
      const said = convert(unit);
      const mean = Float64Array.from(values, said.convert);
      const at = Float64Array.from(times);
      return { id, name, unit: said.unit, times: at, low: mean, mean, high: mean, count: new Float64Array(at.length).fill(1), step, gaps: gapsIn(at, step) };
    });
}

/** A line up to a moment: what was known then. */
export function until(line: Line, at: number): Line {
  let end = line.times.length;
  while (end > 0 && (line.times[end - 1] ?? 0) > at) end -= 1;
  const cut = (values: Float64Array): Float64Array => values.subarray(0, end);
  return {
    ...line,
    times: cut(line.times), low: cut(line.low), mean: cut(line.mean), high: cut(line.high), count: cut(line.count),
    gaps: line.gaps.filter((gap) => gap.to <= at),
  };
}

/** The newest value of a line at a moment. */
export function valueAt(line: Line, at: number): { value: number; at: number } | null {
  const known = until(line, at);
  const last = known.times.length - 1;
  return last < 0 ? null : { value: known.mean[last] ?? 0, at: known.times[last] ?? 0 };
}
