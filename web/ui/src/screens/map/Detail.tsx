import { useMemo, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { useFormat } from "@/format/use-format";
import { useActiveAlerts, useSensor, useSituation } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { PriorityMark } from "@/parts/PriorityMark";
import { Empty, Loading } from "@/parts/states";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { AssetDetail } from "./AssetDetail";
import type { Position } from "./geo";
import { placeOf, point, whereOf } from "./live";
import { Pane } from "./Pane";
import type { Selected } from "./place";
import type { Around } from "./Side";
import { useHighlight } from "./use-layers";
import { ZoneDetail } from "./ZoneDetail";
import css from "./Side.module.css";

type Props = Around & { id: number; close: () => void };

/** What was chosen on the map or in a list. */
export function Detail({ selected, ...around }: Around & { selected: Selected }): ReactNode {
  const props = { ...around, id: selected.id, close: () => around.change({ selected: null }) };
  switch (selected.kind) {
    case "asset":
      return <AssetDetail {...props} />;
    case "sensor":
      return <SensorDetail {...props} />;
    case "alert":
      return <AlertDetail {...props} />;
    case "zone":
      return <ZoneDetail {...props} />;
  }
}

function usePoint(engine: Around["engine"], at: Position | null): void {
  const [lng, lat] = at ?? [];
  const features = useMemo(
    () => (lng === undefined || lat === undefined ? null : [point([lng, lat], {})]),
    [lng, lat],
  );
  useHighlight(engine, features);
}

function SensorDetail({ id, engine, close, change }: Props): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("map");
  const format = useFormat();
  const sensor = useSensor(id);
  const situation = useSituation();
  const alerts = useActiveAlerts().filter((alert) => alert.sensor_id === id);
  usePoint(engine, placeOf(sensor?.location ?? null));
  if (!sensor) return <Pane title={t("find.kinds.sensor")} close={close}><Missing isLoaded={situation.loaded} /></Pane>;
  return (
    <Pane title={<bdi>{sensor.name}</bdi>} close={close}>
      <p className={css["big"]} data-sensor={id}>
        <bdi>{format.value(sensor.last_reading, sensor.unit)}</bdi>
      </p>
      <p className={css["soft"]}>
        <Ago at={sensor.last_reading_at} />
        {situation.isSilent(sensor) && ` · ${t("silent")}`}
      </p>
      <dl className={css["facts"]}>
        <dt>{t("device")}</dt>
        <dd><bdi>{sensor.device_id}</bdi></dd>
        {sensor.battery_level !== null && (
          <>
            <dt>{t("battery")}</dt>
            <dd><bdi>{format.percent(sensor.battery_level / 100)}</bdi></dd>
          </>
        )}
      </dl>
      <Link href={`/sensors/${id}`}>{t("openSensor")}</Link>
      {alerts.length > 0 && <h3>{t("activeAlarms")}</h3>}
      <ul className={css["story"]}>
        {alerts.map((alert) => (
          <li key={alert.id}>
            <PriorityMark severity={alert.severity} hollow={alert.status !== "open"} />{" "}
            <button type="button" className={css["link"]} onClick={() => change({ selected: { kind: "alert", id: alert.id } })}>
              <bdi>{titleOf(alert)}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </Pane>
  );
}

function AlertDetail({ id, engine, close, change }: Props): ReactNode {
  const titleOf = useTitle();
  const why = useReason();
  const t = useTranslations("map");
  const app = useTranslations("app");
  const situation = useSituation();
  const active = useActiveAlerts();
  const alert = active.find((each) => each.id === id);
  const at = alert ? whereOf(alert, situation.sensors) : null;
  usePoint(engine, at);
  if (!alert) {
    return (
      <Pane title={t("find.kinds.alert")} close={close}>
        <Missing isLoaded={situation.loaded}>{t("alarmOver")}</Missing>
        <Link href={`/alarms/${id}`}>{t("openAlarm")}</Link>
      </Pane>
    );
  }
  const key = at?.join();
  const others = active.filter((each) => each.id !== id && key !== undefined && whereOf(each, situation.sensors)?.join() === key);
  return (
    <Pane title={<bdi>{titleOf(alert)}</bdi>} close={close}>
      <PriorityMark severity={alert.severity} hollow={alert.status !== "open"} named size={28} />
      <p>
        {app(`status.${alert.status}`)} · <Ago at={alert.raised_at} />
        {!alert.condition_active && ` · ${t("conditionGone")}`}
      </p>
      {alert.description && <p><bdi>{why(alert)}</bdi></p>}
      {at === null && <p className={css["soft"]}>{t("find.nowhere")}</p>}
      <Link href={`/alarms/${id}`}>{t("openAlarm")}</Link>
      {alert.sensor_id !== null && <Link href={`/sensors/${alert.sensor_id}`}>{t("openSensor")}</Link>}
      {others.length > 0 && <h3>{t("alsoHere")}</h3>}
      <ul className={css["story"]}>
        {others.map((each) => (
          <li key={each.id}>
            <PriorityMark severity={each.severity} hollow={each.status !== "open"} />{" "}
            <button type="button" className={css["link"]} onClick={() => change({ selected: { kind: "alert", id: each.id } })}>
              <bdi>{titleOf(each)}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </Pane>
  );
}

function Missing({ isLoaded, children }: { isLoaded: boolean; children?: ReactNode }): ReactNode {
  return isLoaded ? <Empty>{children}</Empty> : <Loading />;
}
