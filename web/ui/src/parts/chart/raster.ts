import { placeOf, type Gap, type Line } from "./line";
import type { Span } from "./span";

/** A value, a place that belongs to another line (undefined), or a gap (null): as uPlot reads them. */
export type Cell = number | null | undefined;

/** Lines put into columns of about a pixel each; every column keeps the lowest and highest value in it. */
export interface Raster {
  times: number[];
  lines: { low: Cell[]; mean: Cell[]; high: Cell[]; count: number[] }[];
}

/** From so many points on, summaries of blocks are kept so that each redraw stays cheap. */
const WORTH_SUMMARIES = 20_000;
const BLOCK = 64;

interface Summary {
  low: Float64Array;
  high: Float64Array;
  sum: Float64Array;
  count: Float64Array;
}

const summaries = new WeakMap<Line, Summary>();

/** Put lines into `columns` columns over a span; also the nearest point outside on either side. */
export function raster(lines: readonly Line[], span: Span, columns: number): Raster {
  const width = (span.to - span.from) / Math.max(1, columns);
  const first = Math.floor(span.from / width);
  const last = Math.ceil(span.to / width);
  const begin = first * width;
  const end = (last + 1) * width;
  const before: number[] = [];
  const after: number[] = [];
  const ranges = lines.map((line) => {
    const from = placeOf(line.times, begin);
    const to = placeOf(line.times, end);
    if (from > 0) before.push(line.times[from - 1] ?? 0);
    if (to < line.times.length) after.push(line.times[to] ?? 0);
    return { from, to };
  });
  const early = [...new Set(before)].sort((one, other) => one - other);
  const late = [...new Set(after)].sort((one, other) => one - other);
  const times = [...early];
  for (let column = first; column <= last; column++) times.push((column + 0.5) * width);
  times.push(...late);
  const size = times.length;
  const cells = lines.map((line, index) => {
    const drawn = blank(size);
    const { from, to } = ranges[index] ?? { from: 0, to: 0 };
    const pen = new Pen(line, drawn);
    if (from > 0) pen.put(early.indexOf(line.times[from - 1] ?? 0), from - 1, from);
    let place = from;
    for (let column = first; column <= last && place < to; column++) {
      const next = place + within(line.times, place, to, (column + 1) * width);
      if (next > place) pen.put(early.length + column - first, place, next);
      place = next;
    }
    if (to < line.times.length) pen.put(size - late.length + late.indexOf(line.times[to] ?? 0), to, to + 1);
    return drawn;
  });
  return { times, lines: cells };
}

/** How many of `times` from `place` on lie before `end`: near ones are counted, far ones searched. */
function within(times: Float64Array, place: number, to: number, end: number): number {
  let size = 1;
  while (place + size < to && (times[place + size - 1] ?? 0) < end) size *= 2;
  let [low, high] = [place, Math.min(to, place + size)];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < end) low = middle + 1;
    else high = middle;
  }
  return low - place;
}

function blank(size: number): Raster["lines"][number] {
  const cells = (): Cell[] => Array.from({ length: size });
  return { low: cells(), mean: cells(), high: cells(), count: Array.from({ length: size }, () => 0) };
}

/** Writes one line's cells from left to right, and lifts itself over gaps. */
class Pen {
  readonly #line: Line;
  readonly #drawn: Raster["lines"][number];
  #lastCell = -1;
  #lastTime = 0;
  #gap = 0;

  constructor(line: Line, drawn: Raster["lines"][number]) {
    this.#line = line;
    this.#drawn = drawn;
  }

  put(cell: number, from: number, to: number): void {
    const [low, mean, high, count] = summed(this.#line, from, to);
    const time = this.#line.times[from] ?? 0;
    if (this.#lastCell >= 0 && cell - this.#lastCell > 1 && this.#isBroken(time)) {
      for (const each of ["low", "mean", "high"] as const) this.#drawn[each].fill(null, this.#lastCell + 1, cell);
    }
    this.#drawn.low[cell] = low;
    this.#drawn.mean[cell] = mean;
    this.#drawn.high[cell] = high;
    this.#drawn.count[cell] = count;
    this.#lastCell = cell;
    this.#lastTime = this.#line.times[to - 1] ?? time;
  }

  #isBroken(time: number): boolean {
    const { gaps, step } = this.#line;
    const begun = this.#lastTime + step;
    while (this.#gap < gaps.length && (gaps[this.#gap] as Gap).to <= begun) this.#gap++;
    const gap = gaps[this.#gap];
    return gap !== undefined && gap.from < time && gap.to > begun;
  }
}

function summed(line: Line, from: number, to: number): [number, number, number, number] {
  const found: Sum = { low: Infinity, high: -Infinity, sum: 0, count: 0 };
  if (to - from <= 2 * BLOCK) return take(line, from, to, found);
  const blocks = summaryOf(line);
  const firstBlock = Math.ceil(from / BLOCK);
  const lastBlock = Math.floor(to / BLOCK);
  take(line, from, firstBlock * BLOCK, found);
  for (let block = firstBlock; block < lastBlock; block++) {
    found.low = Math.min(found.low, blocks.low[block] ?? Infinity);
    found.high = Math.max(found.high, blocks.high[block] ?? -Infinity);
    found.sum += blocks.sum[block] ?? 0;
    found.count += blocks.count[block] ?? 0;
  }
  return take(line, lastBlock * BLOCK, to, found);
}

interface Sum {
  low: number;
  high: number;
  sum: number;
  count: number;
}

function take(line: Line, from: number, to: number, found: Sum): [number, number, number, number] {
  for (let at = from; at < to; at++) {
    const count = line.count[at] ?? 1;
    found.low = Math.min(found.low, line.low[at] ?? Infinity);
    found.high = Math.max(found.high, line.high[at] ?? -Infinity);
    found.sum += (line.mean[at] ?? 0) * count;
    found.count += count;
  }
  return [found.low, found.sum / Math.max(1, found.count), found.high, found.count];
}

function summaryOf(line: Line): Summary {
  const known = summaries.get(line);
  if (known) return known;
  const size = Math.floor(line.times.length / BLOCK);
  const made: Summary = {
    low: new Float64Array(size), high: new Float64Array(size), sum: new Float64Array(size), count: new Float64Array(size),
  };
  for (let block = 0; block < size; block++) {
    const found: Sum = { low: Infinity, high: -Infinity, sum: 0, count: 0 };
    take(line, block * BLOCK, (block + 1) * BLOCK, found);
    made.low[block] = found.low;
    made.high[block] = found.high;
    made.sum[block] = found.sum;
    made.count[block] = found.count;
  }
  if (line.times.length >= WORTH_SUMMARIES) summaries.set(line, made);
  return made;
}

/** The lowest and highest value within a span; null where there is none. */
export function extent(drawn: Raster, lines: readonly number[]): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const index of lines) {
    const cells = drawn.lines[index];
    if (!cells) continue;
    for (const value of cells.low) if (value !== null && value !== undefined) low = Math.min(low, value);
    for (const value of cells.high) if (value !== null && value !== undefined) high = Math.max(high, value);
  }
  return low <= high ? [low, high] : null;
}

/** The column nearest to `column` where a line has a value; null where none is within reach. */
export function nearest(cells: readonly Cell[], column: number, reach = cells.length): number | null {
  for (let away = 0; away <= reach; away++) {
    for (const at of [column - away, column + away]) {
      const value = cells[at];
      if (value !== null && value !== undefined) return at;
    }
  }
  return null;
}

/** The column to go to from the one at `cursor`, among those with a value. */
export function stepped(columns: readonly number[], times: readonly number[], cursor: number | null, by: number | "first" | "last"): number | null {
  if (by === "first") return columns[0] ?? null;
  if (by === "last") return columns.at(-1) ?? null;
  if (cursor === null) return (by > 0 ? columns[0] : columns.at(-1)) ?? null;
  const found = columns.findIndex((column) => (times[column] ?? 0) >= cursor);
  const here = found < 0 ? columns.length - 1 : found;
  return columns[Math.min(columns.length - 1, Math.max(0, here + by))] ?? null;
}
