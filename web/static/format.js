// @ts-check
/** Numbers, times and ages as a person reads them, in the browser's language and time zone. */

const plain = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit",
  hourCycle: "h23",
});

/**
 * @param {number | null | undefined} value
 * @param {string} [unit]
 */
export function quantity(value, unit = "") {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const number = Math.abs(value) >= 10_000 ? whole.format(value) : plain.format(value);
  return unit && unit !== "1" ? `${number} ${unit}` : number;
}

/** @param {number} n */
export const count = (n) => whole.format(n);

/**
 * An age in the largest unit that fits: "4 s", "12 min", "3 h", "2 d".
 * @param {number} milliseconds
 */
export function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * The time of day, with the date when it is not today.
 * @param {string | number | Date} moment
 */
export function time(moment) {
  const date = new Date(moment);
  const today = date.toDateString() === new Date().toDateString();
  return (today ? clock : dayAndClock).format(date);
}

/** @param {string} word as the API writes it: "in_progress" */
export const words = (word) => word.replaceAll("_", " ");
