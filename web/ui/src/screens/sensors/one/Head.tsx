import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "@/api/may";
import { useFormat } from "@/format/use-format";
import { useSensor, useSituation } from "@/live/use-live";
import { now } from "@/api/client";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { toAsk } from "@/parts/chart/span";
import { useNow } from "@/parts/use-now";
import { Edit } from "../device/Edit";
import { OutOfService } from "../device/OutOfService";
import { StateSign } from "../StateSign";
import type { Detail } from "./SensorScreen";
import { useUsual } from "./use-context";
import css from "./Sensor.module.css";

const HOUR = 3_600_000;

/** Its name, its value with age and state, and whether that is usual at this time. */
export function Head({ detail, etag }: { detail: Detail; etag: string }): ReactNode {
  const t = useTranslations("sensors");
  const may = useMay();
  const situation = useSituation();
  const live = useSensor(detail.id);
  const [open, setOpen] = useState<"edit" | "service" | null>(null);
  useNow(5000); // silence comes with time, not with a message
  const isSilent = live !== null && situation.isSilent(live);
  const shown = live ?? detail;
  const type = detail.sensor_type;
  return (
    <header className={css["head"]} data-sensor={detail.id}>
      <div className={css["named"]}>
        <h1>
          <bdi>{detail.name}</bdi>
        </h1>
        <p>
          <bdi>{detail.device_id}</bdi> · {t.has(`types.${type.code}` as "types.flow") ? t(`types.${type.code}` as "types.flow") : type.name}
        </p>
      </div>
      <Value value={shown.last_reading} unit={shown.unit} at={shown.last_reading_at} isSilent={isSilent} />
      <UsualNow id={detail.id} unit={shown.unit} learning={detail} />
      {live && <StateSign sensor={live} isSilent={isSilent} worst={situation.worstOf(detail.id)} />}
      <div className={css["acts"]}>
        {may("maintenance.log") && <Button icon="work" onPress={() => setOpen("service")}>{t("service.button")}</Button>}
        {may("devices.manage") && <Button icon="edit" onPress={() => setOpen("edit")}>{t("edit.button")}</Button>}
      </div>
      {open === "edit" && <Edit detail={detail} etag={etag} onClose={() => setOpen(null)} />}
      {open === "service" && <OutOfService sensor={detail.id} onClose={() => setOpen(null)} />}
    </header>
  );
}

function Value({ value, unit, at, isSilent }: { value: number | null; unit: string; at: string | null; isSilent: boolean }): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const measure = value === null ? null : format.measure(value, unit);
  return (
    <p className={css["value"]} data-stale={isSilent || undefined}>
      {measure ? <bdi><b>{measure.number}</b> {measure.unit}</bdi> : t("noValue")}
      <span className={css["age"]}>
        {isSilent && <span aria-hidden="true">⚠ </span>}
        <Ago at={at} />
      </span>
    </p>
  );
}

/** The band in which 19 of 20 readings lie at this hour. */
function UsualNow({ id, unit, learning }: { id: number; unit: string; learning: Pick<Detail, "learning" | "learning_days"> }): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const hour = Math.floor(now() / HOUR) * HOUR;
  const { usual } = useUsual(id, { ...toAsk({ from: hour, to: hour + HOUR }, 60), points: 24 });
  const place = usual ? usual.times.findLastIndex((at) => at <= now()) : -1;
  const wait = !learning.learning ? t("notLearned") : learning.learning_days === null ? t("learningFew") : t("learningDays", { days: learning.learning_days });
  const low = usual?.low[place];
  const high = usual?.high[place];
  if (low === undefined || high === undefined) return <p className={css["usual"]}>{wait}</p>;
  const said = (value: number): string => format.value(value, usual?.unit ?? unit);
  return <p className={css["usual"]}>{t("usualNow", { low: said(low), high: said(high) })}</p>;
}
