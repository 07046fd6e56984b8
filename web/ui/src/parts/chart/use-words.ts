import { useMemo } from "react";
import { useFormatter, type DateTimeFormatOptions } from "use-intl";
import { usePreferences } from "@/app/preferences";
import { decimals, offsetAt, tickKind } from "./axis";
import type { Words } from "./engine";
import { DAY } from "./span";

/** What stands on a chart's axes, in the person's language and time zone. */
export function useWords(): Words {
  const intl = useFormatter();
  const { timeZone } = usePreferences();
  return useMemo<Words>(() => {
    const say = (at: number, how: DateTimeFormatOptions): string => intl.dateTime(new Date(at), { ...how, timeZone });
    const day = (at: number): number => Math.floor((at + offsetAt(at, timeZone)) / DAY);
    const year = (at: number): number => new Date(at + offsetAt(at, timeZone)).getUTCFullYear();
    const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    return {
      zone: timeZone,
      tick(at, step, isFirst, before) {
        const kind = tickKind(step);
        const isNew = (part: (at: number) => number): boolean => isFirst || (before !== null && part(before) !== part(at));
        const inYear = isNew(year) ? `\n${say(at, { year: "numeric" })}` : "";
        switch (kind) {
          case "second":
          case "minute": {
            const time = say(at, kind === "second" ? { ...clock, second: "2-digit" } : clock);
            return isNew(day) ? `${time}\n${say(at, { day: "numeric", month: "short" })}` : time;
          }
          case "day":
            return say(at, { day: "numeric", month: "short" }) + inYear;
          case "month":
            return say(at, { month: "short" }) + inYear;
          case "year":
            return say(at, { year: "numeric" });
        }
      },
      number: (value, step) => {
        const digits = decimals(step);
        return intl.number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      },
    };
  }, [intl, timeZone]);
}
