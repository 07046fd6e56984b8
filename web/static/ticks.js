// @ts-check
/** Round numbers and round times for axes. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPANS = [
  SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE,
  30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
];

/**
 * About n round values between low and high, with their texts.
 * @param {number} low
 * @param {number} high
 * @param {number} n
 */
export function steps(low, high, n) {
  const rough = (high - low) / n;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const format = new Intl.NumberFormat(undefined, {
    minimumFractionDigits: Math.min(digits, 12), maximumFractionDigits: Math.min(digits, 12),
  });
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) {
    found.push({ value: i * step, text: format.format(i * step) });
  }
  return found;
}

/**
 * At most n round local times between two moments.
 * @param {number} from
 * @param {number} to
 * @param {number} n
 */
export function timeSteps(from, to, n) {
  const step = SPANS.find((span) => (to - from) / span <= n) ?? 30 * DAY;
  const zone = new Date(from).getTimezoneOffset() * MINUTE;
  const found = [];
  for (let t = Math.ceil((from - zone) / step) * step + zone; t <= to; t += step) found.push(t);
  return found;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/**
 * @param {number} moment
 * @param {{from: number, to: number}} span
 */
export function axisTime(moment, span) {
  const date = new Date(moment);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return (midnight && span.to - span.from > 6 * HOUR ? day : clock).format(date);
}
