import { SHAPES } from "@/parts/PriorityMark";
import type { Severity } from "@/live/situation";
import type { Gap } from "./line";
import type { Colours } from "./paint";
import type { Span } from "./span";

export type MarkKind = "alert" | "incident" | "work" | "would" | "gap" | "anomaly";

/** Something that happened, or would have; null: it has not ended. */
export interface Mark {
  key: string;
  kind: MarkKind;
  from: number;
  to: number | null;
  title: string;
  severity: Severity | null;
  /** Somebody has reacted: drawn hollow. */
  hollow: boolean;
  /** Where a person reads more about it. */
  href: string | null;
  outOfService?: boolean;
}

const LANES = ["alert", "would", "incident", "work"] as const satisfies MarkKind[];
export const LANE = 18;
const SIZE = 14;
/** Unusual readings closer together than this, in pixels, are one sign. */
const CARET = 8;
const LIGHTEST = ["info", "low", "medium", "high", "critical"] as const satisfies Severity[];

/** The lanes over the chart that some mark needs, from the top. */
export function lanesOf(marks: readonly Mark[]): MarkKind[] {
  return LANES.filter((lane) => marks.some((mark) => mark.kind === lane));
}

/** What there was at a moment. */
export function marksAt(marks: readonly Mark[], at: number, reach: number, now: number): Mark[] {
  return marks.filter((mark) => mark.from - reach <= at && (mark.to ?? now) + reach >= at);
}

export interface Plot {
  ctx: CanvasRenderingContext2D;
  left: number;
  top: number;
  width: number;
  height: number;
  /** How many pixels of the canvas are one of the page. */
  ratio: number;
  span: Span;
  now: number;
  colours: Colours;
}

function across(plot: Plot, at: number): number {
  return plot.left + ((at - plot.span.from) / (plot.span.to - plot.span.from)) * plot.width;
}

function clipped(plot: Plot, mark: Pick<Mark, "from" | "to">): [number, number] | null {
  const to = mark.to ?? plot.now;
  if (to < plot.span.from || mark.from > plot.span.to) return null;
  return [Math.max(plot.left, across(plot, mark.from)), Math.min(plot.left + plot.width, across(plot, to))];
}

/**
 * Draw what lies behind the lines: gaps and times out of service, hatched each in its own way. `gaps` are
 * those of the one line that is shown, and know more than its marks; null where there are several lines.
 */
export function drawBehind(plot: Plot, marks: readonly Mark[], gaps: readonly Gap[] | null): void {
  for (const gap of gaps ?? marks.filter((mark) => mark.kind === "gap")) drawHatch(plot, gap, 1);
  for (const mark of marks) if (mark.kind === "work" && mark.outOfService) drawHatch(plot, mark, -1);
}

function drawHatch(plot: Plot, over: Pick<Mark, "from" | "to">, slope: 1 | -1): void {
  const place = clipped(plot, over);
  if (place) hatch(plot, place[0], Math.max(place[1], place[0] + plot.ratio), slope);
}

function hatch({ ctx, top, height, ratio, colours }: Plot, from: number, to: number, slope: 1 | -1): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, top, to - from, height);
  ctx.clip();
  ctx.strokeStyle = colours.edge;
  ctx.lineWidth = ratio;
  ctx.setLineDash([]);
  ctx.beginPath();
  // The pattern hangs on the canvas, not on the gap: it does not crawl while time moves.
  const every = 8 * ratio;
  for (let x = Math.floor((from - height) / every) * every; x < to + height; x += every) {
    ctx.moveTo(x, slope === 1 ? top + height : top);
    ctx.lineTo(x + height, slope === 1 ? top : top + height);
  }
  ctx.stroke();
  ctx.strokeRect(from, top - ratio, to - from, height + 2 * ratio);
  ctx.restore();
}

/** Draw what lies over the lines: alarms, incidents and work in lanes, unusual readings along the bottom. */
export function drawOver(plot: Plot, marks: readonly Mark[]): void {
  const lanes = lanesOf(marks);
  let last = -Infinity;
  const rank = (mark: Mark): number => (mark.severity ? LIGHTEST.indexOf(mark.severity) : -1);
  for (const mark of marks.toSorted((one, other) => rank(one) - rank(other))) {
    const place = clipped(plot, mark);
    if (!place) continue;
    if (mark.kind === "anomaly" && Math.abs(place[0] - last) >= CARET * plot.ratio) {
      caret(plot, place[0]);
      last = place[0];
    }
    const lane = lanes.indexOf(mark.kind);
    if (lane >= 0) bar(plot, mark, place, plot.top - (lanes.length - lane - 0.5) * LANE * plot.ratio);
  }
}

function caret({ ctx, top, height, ratio, colours }: Plot, x: number): void {
  const bottom = top + height;
  ctx.save();
  ctx.fillStyle = colours.inkSoft;
  ctx.beginPath();
  ctx.moveTo(x, bottom - 7 * ratio);
  ctx.lineTo(x - 3 * ratio, bottom);
  ctx.lineTo(x + 3 * ratio, bottom);
  ctx.fill();
  ctx.restore();
}

function bar(plot: Plot, mark: Mark, [from, to]: [number, number], middle: number): void {
  const { ctx, ratio, colours } = plot;
  const colour = mark.severity ? colours[mark.severity] : colours.inkSoft;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 4 * ratio;
  ctx.setLineDash(mark.kind === "would" ? [5 * ratio, 3 * ratio] : []);
  ctx.beginPath();
  ctx.moveTo(from, middle);
  ctx.lineTo(Math.max(to, from + ratio), middle);
  ctx.stroke();
  ctx.setLineDash([]);
  const x = Math.min(Math.max(from, plot.left + (SIZE / 2) * ratio), plot.left + plot.width - (SIZE / 2) * ratio);
  if (mark.kind === "alert" || mark.kind === "would") sign(plot, mark, x, middle, colour);
  else square(plot, x, middle, colour, mark.kind === "incident" ? "!" : "");
  ctx.restore();
}

/** The mark of a priority as lists have it. */
function sign({ ctx, ratio, colours }: Plot, mark: Mark, x: number, y: number, colour: string): void {
  const severity = mark.severity ?? "info";
  const shape = SHAPES[severity];
  const scale = (SIZE / 24) * ratio;
  ctx.save();
  ctx.translate(x - 12 * scale, y - 12 * scale);
  ctx.scale(scale, scale);
  ctx.beginPath();
  for (const [index, [left, top]] of shape.points.entries()) {
    if (index === 0) ctx.moveTo(left, top);
    else ctx.lineTo(left, top);
  }
  ctx.closePath();
  const hollow = mark.hollow || mark.kind === "would";
  ctx.fillStyle = hollow ? colours.panel : colour;
  ctx.fill();
  ctx.lineWidth = 2.4;
  ctx.strokeStyle = hollow ? colour : colours.ink;
  ctx.stroke();
  ctx.fillStyle = hollow ? colours.ink : colours[`${severity}Ink`];
  ctx.font = `700 15px ${colours.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(shape.number, 12, shape.middle + 1);
  ctx.restore();
}

function square({ ctx, ratio, colours }: Plot, x: number, y: number, colour: string, letter: string): void {
  const half = (SIZE / 2 - 1) * ratio;
  ctx.fillStyle = colours.panel;
  ctx.fillRect(x - half, y - half, 2 * half, 2 * half);
  ctx.lineWidth = 1.5 * ratio;
  ctx.strokeStyle = colour;
  ctx.strokeRect(x - half, y - half, 2 * half, 2 * half);
  ctx.fillStyle = colours.ink;
  ctx.font = `700 ${10 * ratio}px ${colours.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(letter, x, y + ratio / 2);
}

/** A reading that its own device does not trust. */
export interface Doubt {
  at: number;
  value: number;
  isBad: boolean;
}

const DOUBT = 4;

/** Draw readings of doubtful quality over their line: bad ones as a cross, uncertain ones as an empty diamond. */
export function drawDoubts(plot: Plot, doubts: readonly Doubt[], [min, max]: readonly [number, number]): void {
  const { ctx, top, height, ratio, span, colours } = plot;
  const size = DOUBT * ratio;
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineWidth = 1.75 * ratio;
  ctx.strokeStyle = colours.ink;
  ctx.fillStyle = colours.panel;
  for (const { at, value, isBad } of doubts) {
    if (at < span.from || at > span.to) continue;
    const x = across(plot, at);
    const y = top + height - ((value - min) / (max - min || 1)) * height;
    ctx.beginPath();
    if (isBad) {
      ctx.moveTo(x - size, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.moveTo(x + size, y - size);
      ctx.lineTo(x - size, y + size);
    } else {
      ctx.moveTo(x, y - size);
      for (const [left, down] of [[size, 0], [0, size], [-size, 0]] as const) ctx.lineTo(x + left, y + down);
      ctx.closePath();
      ctx.fill();
    }
    ctx.stroke();
  }
  ctx.restore();
}

export const LIMIT_DASH: readonly number[] = [9, 4, 2, 4];

/**
 * Draw a level that should not be crossed, with its name at the far end. One that lies beyond what is in
 * sight has its name at that edge, with an arrow.
 */
export function drawLimit(plot: Plot, y: number, label: string): void {
  const { ctx, left, top, width, height, ratio, colours } = plot;
  const beyond = y < top ? "↑ " : y > top + height ? "↓ " : "";
  const level = Math.min(top + height, Math.max(top, y));
  ctx.save();
  if (!beyond) {
    ctx.strokeStyle = colours.ink;
    ctx.lineWidth = 1.2 * ratio;
    ctx.setLineDash(LIMIT_DASH.map((each) => each * ratio));
    ctx.beginPath();
    ctx.moveTo(left, level);
    ctx.lineTo(left + width, level);
    ctx.stroke();
  }
  ctx.fillStyle = colours.ink;
  ctx.font = `${11 * ratio}px ${colours.font}`;
  ctx.textAlign = "right";
  const under = level - top < 16 * ratio;
  ctx.textBaseline = under ? "top" : "bottom";
  ctx.fillText(beyond + label, left + width - 4 * ratio, level + (under ? 3 : -3) * ratio);
  ctx.restore();
}
