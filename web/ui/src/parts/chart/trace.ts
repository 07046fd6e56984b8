import type { Raster } from "./raster";
import type { Span } from "./span";

/** Where lines are drawn, in pixels of the canvas. */
export interface Ground {
  ctx: CanvasRenderingContext2D;
  left: number;
  top: number;
  width: number;
  height: number;
  ratio: number;
  span: Span;
}

/** How a line looks; widths and dashes in pixels of the page. */
export interface Look {
  /** Between the lowest and the highest value. */
  fill: string;
  /** Along them, where single values can be told apart. */
  edge: string | null;
  stroke: string;
  width: number;
  dash: readonly number[];
  /** Single values have a dot each where there is room. */
  dots: boolean;
}

/** Closer together than this, in pixels of the page, columns are drawn as upright bars. */
const DENSE = 3;
const DOT_ROOM = 12;
const DOT = 2.5;

/** What is drawn in one go: columns with values and no gap between; used again and again. */
class Run {
  size = 0;
  x = new Float64Array(0);
  low = new Float64Array(0);
  mean = new Float64Array(0);
  high = new Float64Array(0);

  room(size: number): void {
    this.size = 0;
    if (this.x.length >= size) return;
    for (const each of ["x", "low", "mean", "high"] as const) this[each] = new Float64Array(size * 2);
  }

  add(x: number, low: number, mean: number, high: number): void {
    const at = this.size++;
    this.x[at] = x;
    this.low[at] = low;
    this.mean[at] = mean;
    this.high[at] = high;
  }
}

const run = new Run();

/**
 * Draw one line of a raster: an area from the lowest to the highest value, and the mean in it. What it
 * costs hangs on how many pixels wide the plot is, never on how many readings lie behind it.
 */
export function drawTrace(ground: Ground, times: readonly number[], cells: Raster["lines"][number], [min, max]: readonly [number, number], look: Look): void {
  const { ctx, left, top, width, height, span } = ground;
  const acrossBy = width / (span.to - span.from);
  const upBy = height / (max - min || 1);
  const bottom = top + height;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  run.room(times.length);
  for (let at = 0; at < times.length; at++) {
    const mean = cells.mean[at];
    if (mean === undefined) continue;
    if (mean === null) {
      drawRun(ground, look);
      run.size = 0;
      continue;
    }
    const y = (value: number | null | undefined): number => bottom - ((value ?? mean) - min) * upBy;
    run.add(left + ((times[at] ?? 0) - span.from) * acrossBy, y(cells.low[at]), y(mean), y(cells.high[at]));
  }
  drawRun(ground, look);
  ctx.restore();
}

function drawRun({ ctx, ratio }: Ground, look: Look): void {
  const { size, x } = run;
  if (size === 0) return;
  const apart = size > 1 ? ((x[size - 1] ?? 0) - (x[0] ?? 0)) / (size - 1) : Infinity;
  const isDense = apart <= DENSE * ratio;
  if (isDense) bars(ctx, look);
  else area(ctx, ratio, look);
  ctx.strokeStyle = look.stroke;
  ctx.lineWidth = look.width * ratio;
  // Round joins cost as much as all the rest, and a thousand columns show none.
  ctx.lineJoin = isDense ? "bevel" : "round";
  ctx.setLineDash(look.dash.map((each) => each * ratio));
  ctx.beginPath();
  follow(ctx, run.mean);
  ctx.stroke();
  if (look.dots && apart >= DOT_ROOM * ratio) dots(ctx, ratio, look);
}

function follow(ctx: CanvasRenderingContext2D, y: Float64Array): void {
  ctx.moveTo(run.x[0] ?? 0, y[0] ?? 0);
  for (let at = 1; at < run.size; at++) ctx.lineTo(run.x[at] ?? 0, y[at] ?? 0);
}

/** Upright bars on whole pixels: nothing is smoothed away, so that the narrowest peak is seen. */
function bars(ctx: CanvasRenderingContext2D, look: Look): void {
  const { size, x, low, high } = run;
  ctx.fillStyle = look.fill;
  let from = Math.round((x[0] ?? 0) - ((x[1] ?? 0) - (x[0] ?? 0)) / 2);
  for (let at = 0; at < size; at++) {
    const here = x[at] ?? 0;
    const next = at + 1 < size ? (x[at + 1] ?? here) : here + (here - (x[at - 1] ?? here));
    const to = Math.max(from + 1, Math.round((here + next) / 2));
    const upper = high[at] ?? 0;
    const lower = low[at] ?? 0;
    if (lower > upper) ctx.fillRect(from, Math.floor(upper), to - from, Math.max(1, Math.ceil(lower) - Math.floor(upper)));
    from = to;
  }
}

function area(ctx: CanvasRenderingContext2D, ratio: number, look: Look): void {
  const { size, x, low, high } = run;
  let spread = 0;
  for (let at = 0; at < size; at++) spread = Math.max(spread, (low[at] ?? 0) - (high[at] ?? 0));
  if (spread < 0.5) return;
  ctx.beginPath();
  follow(ctx, high);
  for (let at = size - 1; at >= 0; at--) ctx.lineTo(x[at] ?? 0, low[at] ?? 0);
  ctx.fillStyle = look.fill;
  ctx.fill();
  if (!look.edge) return;
  ctx.setLineDash([]);
  ctx.lineJoin = "round";
  ctx.lineWidth = ratio;
  ctx.strokeStyle = look.edge;
  ctx.beginPath();
  follow(ctx, high);
  follow(ctx, low);
  ctx.stroke();
}

function dots(ctx: CanvasRenderingContext2D, ratio: number, look: Look): void {
  ctx.fillStyle = look.stroke;
  ctx.beginPath();
  for (let at = 0; at < run.size; at++) {
    const [x, y] = [run.x[at] ?? 0, run.mean[at] ?? 0];
    ctx.moveTo(x + DOT * ratio, y);
    ctx.arc(x, y, DOT * ratio, 0, 2 * Math.PI);
  }
  ctx.fill();
}
