import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { useSensor } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { Panel } from "@/parts/Panel";
import type { Detail } from "../one/SensorScreen";
import css from "../one/Sensor.module.css";

/** Under these, somebody should go there soon. */
const LOW_BATTERY = 20;
const WEAK_SIGNAL = -110;

/** What is known of the device: battery, signal, when it was last heard, how it reports. */
export function Device({ detail }: { detail: Detail }): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const live = useSensor(detail.id);
  const seen = live?.last_seen_at ?? detail.last_seen_at;
  const { battery_level: battery, signal_strength: signal } = detail;
  const { min, max } = detail.threshold_config;
  return (
    <Panel title={t("device")}>
      <dl className={css["facts"]}>
        <dt>{t("battery")}</dt>
        <dd>{battery === null ? t("notTold") : <bdi>{format.percent(battery / 100)}</bdi>} {battery !== null && battery < LOW_BATTERY && <b className={css["low"]}>⚠ {t("lowBattery")}</b>}</dd>
        <dt>{t("signal")}</dt>
        <dd>{signal === null ? t("notTold") : <bdi>{format.number(signal)} dBm</bdi>} {signal !== null && signal < WEAK_SIGNAL && <b className={css["low"]}>⚠ {t("weakSignal")}</b>}</dd>
        <dt>{t("lastContact")}</dt>
        <dd><Ago at={seen} /></dd>
        <dt>{t("protocol")}</dt>
        <dd><bdi>{detail.protocol}</bdi></dd>
        {detail.gateway_device_id && (
          <>
            <dt>{t("gateway")}</dt>
            <dd><bdi>{detail.gateway_device_id}</bdi></dd>
          </>
        )}
        <dt>{t("limits")}</dt>
        <dd><bdi>{format.value(min, detail.unit)}</bdi> … <bdi>{format.value(max, detail.unit)}</bdi></dd>
        <dt>{t("place")}</dt>
        <dd>{detail.location ? <bdi>{detail.location.coordinates.toReversed().map((each) => each.toFixed(6)).join(", ")}</bdi> : t("noPlace")}</dd>
      </dl>
    </Panel>
  );
}
