import { useCallback } from "react";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { useSituation } from "@/live/use-live";
import { reasonOf } from "./reason";

interface Seen {
  sensor_id: number | null;
  description: string;
  evidence?: { words: string; numbers: Readonly<Record<string, number>> } | null;
}

/** Says why an alarm came in the person's language and units; in the server's words where it can't. */
export function useReason(): (seen: Seen, isOver?: boolean) => string {
  const t = useTranslations("alarms.why");
  const format = useFormat();
  const situation = useSituation();
  return useCallback(({ sensor_id: sensor, description, evidence }: Seen, isOver = false) => {
    const unit = sensor === null ? undefined : situation.sensors.get(sensor)?.unit;
    const reason = evidence && unit !== undefined ? reasonOf(evidence.numbers, unit, isOver) : null;
    if (!reason || unit === undefined) return description;
    const values = Object.entries(reason.values).map(([name, value]) => [name, format.value(value, unit)]);
    const times = Object.entries(reason.times).map(([name, time]) => [name, format.duration(time)]);
    return t(reason.say, Object.fromEntries([...values, ...times]) as Record<string, string>);
  }, [t, format, situation]);
}
