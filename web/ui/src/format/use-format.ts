import { useMemo } from "react";
import { useFormatter } from "use-intl";
import { usePreferences } from "@/app/preferences";
import { digits, inUnits, type Measure } from "./measure";

export interface Format {
  /** “4.21 bar” in the person's unit; “–” where there is nothing. */
  value(value: number | null | undefined, unit: string): string;
  /** The same apart, for a big number with a small unit. */
  measure(value: number, unit: string): { number: string; unit: string };
  convert(value: number, unit: string): Measure;
  number(value: number): string;
  percent(fraction: number): string;
  /** 14:05:09 today, else with the date. */
  moment(at: string | number, now: number): string;
  dateTime(at: string | number): string;
  date(at: string | number): string;
  time(at: string | number): string;
  /** “3 min ago”, and nothing finer than a second. */
  ago(at: string | number, now: number): string;
  /** “1 h 20 min” */
  duration(milliseconds: number): string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Numbers, units and times as this person reads them: language, units and time zone are theirs. */
export function useFormat(): Format {
  const intl = useFormatter();
  const { units, timeZone } = usePreferences();
  return useMemo<Format>(() => {
    const measure = (value: number, unit: string): { number: string; unit: string } => {
      const found = inUnits(value, unit, units);
      return { number: intl.number(found.value, digits(found.value)), unit: found.unit === "1" ? "" : found.unit };
    };
    const day = (at: number): string => intl.dateTime(new Date(at), { dateStyle: "short", timeZone });
    const stamp = (at: string | number): number => (typeof at === "number" ? at : Date.parse(at));
    const clock = (at: string | number): string =>
      intl.dateTime(new Date(at), { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone });
    const whole = (at: string | number): string =>
      intl.dateTime(new Date(at), { dateStyle: "medium", timeStyle: "medium", timeZone, hourCycle: "h23" });
    return {
      measure,
      convert: (value, unit) => inUnits(value, unit, units),
      value: (value, unit) => {
        if (value === null || value === undefined) return "–";
        const found = measure(value, unit);
        return found.unit ? `${found.number} ${found.unit}` : found.number;
      },
      number: (value) => intl.number(value),
      percent: (fraction) => intl.number(fraction, { style: "percent", maximumFractionDigits: 0 }),
      moment: (at, now) => (day(stamp(at)) === day(now) ? clock(at) : whole(at)),
      dateTime: whole,
      date: (at) => intl.dateTime(new Date(at), { dateStyle: "medium", timeZone }),
      time: clock,
      ago: (at, now) => {
        const age = Math.max(0, now - stamp(at));
        const [unit, size] =
          age < MINUTE ? (["second", SECOND] as const)
          : age < HOUR ? (["minute", MINUTE] as const)
          : age < 2 * DAY ? (["hour", HOUR] as const)
          : (["day", DAY] as const);
        return intl.relativeTime(now - Math.floor(age / size) * size, { now, unit, style: "short" });
      },
      duration: (milliseconds) => duration(milliseconds, (value, unit) =>
        intl.number(value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 })),
    };
  }, [intl, units, timeZone]);
}

function duration(milliseconds: number, say: (value: number, unit: string) => string): string {
  const size = Math.max(0, milliseconds);
  if (size < MINUTE) return say(Math.round(size / SECOND), "second");
  if (size < HOUR) return say(Math.round(size / MINUTE), "minute");
  const [big, small, bigName, smallName] =
    size < DAY ? [HOUR, MINUTE, "hour", "minute"] as const : [DAY, HOUR, "day", "hour"] as const;
  const first = Math.floor(size / big);
  const rest = Math.floor((size - first * big) / small);
  return rest ? `${say(first, bigName)} ${say(rest, smallName)}` : say(first, bigName);
}
