/** Which time a chart shows; all in milliseconds since 1970, UTC. */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const YEAR = 365 * DAY;

export const SHORTEST = 10 * SECOND;
export const LONGEST = 60 * YEAR;
/** So near to now, as a part of what is seen, a view sticks to it. */
const STICKS = 0.02;

export interface Span {
  from: number;
  to: number;
}

/** What is looked at: so long, up to `end`; null is now, and goes along with it. */
export interface View {
  length: number;
  end: number | null;
}

export const PRESETS = { "1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "1y": YEAR } as const;
export type Preset = keyof typeof PRESETS;
export const USUAL_VIEW: View = { length: DAY, end: null };

export function spanOf(view: View, now: number): Span {
  const to = view.end ?? now;
  return { from: to - view.length, to };
}

/** The preset that a view is, if it is one. */
export function presetOf(view: View): Preset | null {
  if (view.end !== null) return null;
  const found = Object.entries(PRESETS).find(([, length]) => length === view.length);
  return (found?.[0] as Preset | undefined) ?? null;
}

/** Look at so much more or less (`factor` > 1 is more), with what lies at `anchor` staying where it is. */
export function zoomed(view: View, now: number, factor: number, anchor: number): View {
  const { from, to } = spanOf(view, now);
  const length = Math.min(LONGEST, Math.max(SHORTEST, view.length * factor));
  const share = Math.min(1, Math.max(0, (anchor - from) / (to - from)));
  // Whoever looks at now, and does not point at the past, goes on looking at now.
  if (view.end === null && share > 1 - 5 * STICKS) return { length, end: null };
  return stuck({ length, end: anchor + (1 - share) * length }, now);
}

/** Look so much later, or earlier where it is negative; never beyond now. */
export function panned(view: View, now: number, by: number): View {
  if (by === 0) return view;
  return stuck({ length: view.length, end: spanOf(view, now).to + by }, now, by > 0);
}

/** Look at exactly this; never beyond now. */
export function viewOf(span: Span, now: number): View {
  const length = Math.min(LONGEST, Math.max(SHORTEST, span.to - span.from));
  return stuck({ length, end: span.to }, now);
}

function stuck(view: View, now: number, near = true): View {
  if (view.end === null) return view;
  const reach = near ? view.length * STICKS : 0;
  return view.end >= now - Math.min(reach, MINUTE) ? { length: view.length, end: null } : view;
}

/** Write a view as an address has it: `?span=24h`, or `?from=…&to=…`. */
export function written(view: View): Record<"span" | "from" | "to", string | null> {
  if (view.end === null) return { span: presetOf(view) ?? `${Math.round(view.length / SECOND)}s`, from: null, to: null };
  const iso = (at: number): string => new Date(at).toISOString();
  return { span: null, from: iso(view.end - view.length), to: iso(view.end) };
}

/** Read a view from an address; the usual one where it says none, or nothing sensible. */
export function readView(said: URLSearchParams, now: number, usual: View = USUAL_VIEW): View {
  const from = Date.parse(said.get("from") ?? "");
  const to = Date.parse(said.get("to") ?? "");
  if (from < to) return viewOf({ from, to }, now);
  const word = said.get("span") ?? "";
  if (word in PRESETS) return { length: PRESETS[word as Preset], end: null };
  const seconds = Number(/^(\d+)s$/.exec(word)?.[1] ?? 0) * SECOND;
  return seconds ? { length: Math.min(LONGEST, Math.max(SHORTEST, seconds)), end: null } : usual;
}

const LADDER = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

export interface Asked extends Span {
  /** How many buckets; each is as wide as all others and begins at a multiple of its width. */
  points: number;
  step: number;
}

const MOST_POINTS = 10_000;

/**
 * What to ask the server for a view that is so many pixels wide: as much again on either side, so that
 * panning finds it there, in buckets of about a pixel, of which a minimum and a maximum are drawn. Buckets
 * begin at multiples of a round width: panning asks for the same buckets and nothing shimmers.
 */
export function toAsk(span: Span, pixels: number): Asked {
  const length = span.to - span.from;
  const wanted = Math.max(length / Math.max(50, pixels), (3 * length + 2) / (MOST_POINTS - 3));
  const step = SECOND * (LADDER.find((each) => each * SECOND >= wanted * 0.999) ?? Math.ceil(wanted / (7 * DAY)) * 604_800);
  // The window moves in whole spans, so that neighbouring views ask for the same one.
  const hop = Math.max(step, Math.ceil(length / 2 / step) * step);
  const from = Math.floor((span.from - length) / hop) * hop;
  const to = Math.ceil((span.to + length) / hop) * hop;
  return { from, to, step, points: Math.min(MOST_POINTS, Math.round((to - from) / step)) };
}

/** Whether what was asked for still serves a view: it covers it, as finely as it would be asked for now. */
export function serves(asked: Asked, span: Span, pixels: number): boolean {
  return asked.from <= span.from && asked.to >= span.to && asked.step === toAsk(span, pixels).step;
}
