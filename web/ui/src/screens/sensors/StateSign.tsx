import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Alert, Sensor } from "@/live/situation";
import { PriorityMark } from "@/parts/PriorityMark";
import css from "./StateSign.module.css";

/** How a sensor is, worst first: an alarm, silence, what the utility says of it; nothing where all is well. */
export function StateSign({ sensor, isSilent, worst }: { sensor: Sensor; isSilent: boolean; worst: Alert | null }): ReactNode {
  const t = useTranslations("sensors");
  return (
    <span className={css["state"]}>
      {worst && <PriorityMark severity={worst.severity} hollow={worst.status !== "open"} named size={18} />}
      {isSilent && <span className={css["silent"]}>{t("silent")}</span>}
      {sensor.status !== "active" && <span className={css["status"]}>{t(`states.${sensor.status}`)}</span>}
      {sensor.unusual && !worst && <span className={css["status"]}>{t("unusual")}</span>}
    </span>
  );
}
