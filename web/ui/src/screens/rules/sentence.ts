import { useTranslations } from "use-intl";
import { useFormat, type Format } from "@/format/use-format";
import { useSituation } from "@/live/use-live";
import type { Condition, Rule } from "./use-rules";

const SECOND = 1000;

type Meant = Pick<Rule, "condition" | "sensor_id" | "sensor_type" | "severity" | "resolve_when_cleared">;

/** Gives the way to say in one sentence what a rule means. */
export function useSentence(): (rule: Meant) => string {
  const t = useTranslations("rules");
  const app = useTranslations("app");
  const format = useFormat();
  const situation = useSituation();
  return (rule) => {
    const type = rule.sensor_type ?? "";
    const who = rule.sensor_id !== null
      ? (situation.sensors.get(rule.sensor_id)?.name ?? t("aSensor"))
      : rule.sensor_type !== null
        ? t("anyOf", { type: t.has(`types.${type}` as "types.flow") ? t(`types.${type}` as "types.flow") : type })
        : t("anySensor");
    const usual = rule.sensor_id === null ? "" : (situation.sensors.get(rule.sensor_id)?.unit ?? "");
    const sentence = t("sentence", { severity: app(`severity.${rule.severity}`), who, when: when(t, rule.condition, format, usual) });
    return rule.resolve_when_cleared ? `${sentence} ${t("resolves")}` : sentence;
  };
}

type Say = ReturnType<typeof useTranslations<"rules">>;

/** The condition alone, in plain words and the person's units. */
function when(t: Say, condition: Condition, format: Format, usual: string): string {
  const time = (seconds: number | undefined): string => format.duration((seconds ?? 0) * SECOND);
  switch (condition.type) {
    case "threshold":
      return lasting(t, format, t(`when.${OPERATORS[condition.operator]}`, { value: format.value(condition.value, condition.unit ?? usual) }), condition.for_seconds);
    case "rate_of_change":
      return changing(t, condition, format, usual);
    case "no_data":
      return typeof condition.for_seconds === "number" ? t("when.silent", { time: time(condition.for_seconds) }) : t("when.silentUsual");
    case "flatline":
      return t("when.flat", { time: time(condition.for_seconds) });
    case "out_of_range":
      return lasting(t, format, t("when.outside"), condition.for_seconds);
    case "anomaly":
      return t("when.unusual", { deviations: format.number(condition.deviations), readings: condition.for_readings });
  }
}

function lasting(t: Say, format: Format, what: string, seconds: number | undefined): string {
  return seconds ? t("when.lasting", { what, time: format.duration(seconds * SECOND) }) : what;
}

function changing(t: Say, condition: Condition & { type: "rate_of_change" }, format: Format, usual: string): string {
  // A difference has no zero: 10 °C more are not 50 °F more.
  const zero = format.convert(0, condition.unit ?? usual);
  const change = format.convert(condition.change, condition.unit ?? usual).value - zero.value;
  const time = format.duration(condition.within_seconds * SECOND);
  return t(`when.${condition.direction}`, { change: `${format.number(change)} ${zero.unit}`, time });
}

/** Gives the way to say a condition alone; `usual` is the unit of the sensor that it is about. */
export function useWhen(): (condition: Condition, usual: string) => string {
  const t = useTranslations("rules");
  const format = useFormat();
  return (condition, usual) => when(t, condition, format, usual);
}

const OPERATORS = { "<": "below", "<=": "atMost", ">": "above", ">=": "atLeast" } as const;
