/** Where a chart's time axis has its ticks, in the person's time zone, and how values are spread. */

import { DAY, HOUR, MINUTE, SECOND, YEAR, type Span } from "./span";

const MONTH = YEAR / 12;
const STEPS = [
  SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
  MONTH, 3 * MONTH, 6 * MONTH, YEAR, 2 * YEAR, 5 * YEAR, 10 * YEAR,
] as const;
const MOST_TICKS = 200;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clock is ahead of UTC at a moment. */
export function offsetAt(at: number, zone: string): number {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    });
    formatters.set(zone, formatter);
  }
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter.formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / SECOND) * SECOND;
}

/** The moment at which a zone's clock shows this wall time (given as if it were UTC). */
export function moment(wall: number, zone: string): number {
  const guess = wall - offsetAt(wall, zone);
  return wall - offsetAt(guess, zone);
}

/** How far apart ticks are so that at most `most` fit. */
export function tickStep(length: number, most: number): number {
  return STEPS.find((each) => length / each <= most) ?? Math.ceil(length / most / YEAR) * YEAR;
}

/** Moments for ticks: round in the zone's own time, through changes of its clock. */
export function timeTicks(span: Span, most: number, zone: string): number[] {
  const step = tickStep(span.to - span.from, Math.max(1, most));
  const found = step >= MONTH ? monthly(span, Math.round(step / MONTH), zone) : even(span, step, zone);
  return [...new Set(found)].filter((at) => at >= span.from && at <= span.to).slice(0, MOST_TICKS);
}

function even(span: Span, step: number, zone: string): number[] {
  const ticks: number[] = [];
  const wallFrom = span.from + offsetAt(span.from, zone);
  // Weeks begin on Monday; 5 January 1970 was one.
  const base = step === 7 * DAY ? 4 * DAY : 0;
  const end = span.to + offsetAt(span.to, zone) + HOUR;
  for (let wall = Math.floor((wallFrom - base) / step) * step + base; wall <= end; wall += step) ticks.push(moment(wall, zone));
  return ticks;
}

function monthly(span: Span, months: number, zone: string): number[] {
  const ticks: number[] = [];
  const start = new Date(span.from + offsetAt(span.from, zone));
  let month = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months;
  for (;;) {
    const at = moment(Date.UTC(Math.floor(month / 12), month % 12), zone);
    if (at > span.to) return ticks;
    ticks.push(at);
    month += months;
  }
}

export type TickKind = "second" | "minute" | "day" | "month" | "year";

/** How a tick is written, by how far apart ticks are. */
export function tickKind(step: number): TickKind {
  if (step < MINUTE) return "second";
  if (step < DAY) return "minute";
  if (step < MONTH) return "day";
  return step < YEAR ? "month" : "year";
}

/** Room above and below the values, so that no line runs along the frame; a flat one lies in the middle. */
export function roomy(extent: [number, number] | null, alsoNear: readonly number[] = []): [number, number] {
  if (!extent) return alsoNear.length > 0 ? roomy([Math.min(...alsoNear), Math.max(...alsoNear)]) : [0, 1];
  let [low, high] = extent;
  const size = high - low;
  // A limit far away would press the values flat; a near one shows how much is left.
  const reach = Math.max(size * 1.5, Math.abs(high) * 0.1);
  for (const each of alsoNear) {
    if (each < low && low - each <= reach) low = each;
    if (each > high && each - high <= reach) high = each;
  }
  const room = high > low ? (high - low) * 0.06 : Math.max(Math.abs(high) * 0.05, 0.05);
  return [low - room, high + room];
}

/** How many decimals the labels of a value axis need. */
export function decimals(step: number): number {
  for (let digits = 0; digits < 6; digits++) {
    const scaled = step * 10 ** digits;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return digits;
  }
  return 6;
}

/** Which scale each line is drawn on: one for each unit, or where somebody wants it so one for each line. */
export function scalesOf(units: readonly string[], apart: boolean): string[] {
  const known = [...new Set(units)];
  return units.map((unit, index) => {
    const place = apart ? index : known.indexOf(unit);
    return place === 0 ? "y" : `y${place + 1}`;
  });
}

/** What stands beside each scale: the unit, and where each line has a scale of its own, whose it is. */
export function axisLabels(lines: readonly { name: string; unit: string }[], apart: boolean): Map<string, string> {
  const said = new Map<string, string>();
  for (const [index, scale] of scalesOf(lines.map((line) => line.unit), apart).entries()) {
    const line = lines[index];
    if (line && !said.has(scale)) said.set(scale, apart && lines.length > 1 ? `${line.name} (${line.unit})` : line.unit);
  }
  return said;
}
