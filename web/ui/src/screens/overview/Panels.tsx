import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { useMay } from "@/api/may";
import { useFormat } from "@/format/use-format";
import { useSituation } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { Icon } from "@/parts/Icon";
import { barOf, lowestFirst, share, standingOf, strangeFirst, tankBar, tankStanding, type Figure, type Overview, type Standing, type Tank } from "./glance";
import { TroubleWords } from "@/parts/TroubleWords";
import css from "./Board.module.css";

const SHOWN = 10;

/** Shape and word for what is out of its band: an arrow up or down, never colour alone. */
function Mark({ standing }: { standing: Standing }): ReactNode {
  const t = useTranslations("overview.standings");
  if (standing !== "high" && standing !== "low") return null;
  return <b className={css["off"]}><span aria-hidden="true">{standing === "high" ? "▲" : "▼"}</span> {t(standing)}</b>;
}

/** A value as a bar over the band of what is usual. */
function Band({ figure, unit, label }: { figure: Figure; unit: string; label: string }): ReactNode {
  const t = useTranslations("overview");
  const format = useFormat();
  if (figure.value === null) return <p className={css["why"]}>{label}: {t(`why.${figure.why ?? "no_reading"}`)}</p>;
  const { from, to } = barOf(figure);
  const standing = standingOf(figure);
  const isOff = standing === "high" || standing === "low";
  const at = (value: number): string => `${share(value, from, to) * 100}%`;
  return (
    <div className={css["figure"]} data-standing={standing}>
      <span>{label}</span>
      <strong><bdi>{format.value(figure.value, unit)}</bdi></strong>
      <div className={css["bar"]} aria-hidden="true">
        {figure.usual && <i className={css["usual"]} style={{ insetInlineStart: at(figure.usual.low), insetInlineEnd: `${100 - share(figure.usual.high, from, to) * 100}%` }} />}
        <i className={css["needle"]} style={{ insetInlineStart: at(figure.value) }} />
      </div>
      <small>
        <Mark standing={standing} />
        {/* The mark says “above usual” itself, and the unit stands with the value over it. */}
        {figure.usual
          ? <span>{isOff ? "" : t("usual")} <bdi>{format.measure(figure.usual.low, unit).number} – {format.measure(figure.usual.high, unit).number}</bdi></span>
          : t(`why.${figure.why ?? "learning"}`)}
      </small>
    </div>
  );
}

export function Zones({ overview }: { overview: Overview }): ReactNode {
  const t = useTranslations("overview");
  const format = useFormat();
  const situation = useSituation();
  const { flow, pressure } = overview.units;
  const lowest = overview.pressure.min_sensor_id === null ? undefined : situation.sensors.get(overview.pressure.min_sensor_id);
  return (
    <section className={css["zones"]} aria-label={t("zones")}>
      <h2>{t("zones")}</h2>
      <div className={css["spread"]}>
        <span>{t("pressure")}</span>
        <strong><bdi>{format.value(overview.pressure.min, pressure)}</bdi></strong>
        <small>
          {t("lowest")} {lowest && <Link href={`/sensors/${lowest.id}`}><bdi>{lowest.name}</bdi></Link>}
          {" · "}{t("mean")} <bdi>{format.value(overview.pressure.mean, pressure)}</bdi>
          {" · "}{t("reporting", { count: overview.pressure.reporting, all: overview.pressure.sensors })}
        </small>
      </div>
      {overview.zones.length === 0 && <WithoutZones />}
      <ul className={css["zoneList"]}>
        {strangeFirst(overview.zones).map((zone) => (
          <li key={zone.id}>
            <header>
              <h3 dir="auto">{zone.name}</h3>
              <p className={css["why"]}>
                {t("pressure")} <bdi>{format.value(zone.pressure.min, pressure)}</bdi> · {t("reporting", { count: zone.pressure.reporting, all: zone.pressure.sensors })}
              </p>
            </header>
            <Band figure={zone.inflow} unit={flow} label={t("inflow")} />
            <Band figure={zone.night_flow} unit={flow} label={t("nightFlow")} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What there is to see before anybody has made zones, and how they are made. */
function WithoutZones(): ReactNode {
  const t = useTranslations("overview");
  const format = useFormat();
  const may = useMay();
  const lowest = lowestFirst(useSituation().list(), (value, unit) => format.convert(value, unit).value).slice(0, SHOWN);
  return (
    <>
      <div className={css["invite"]}>
        <p>{t("noZones")}</p>
        {may("network.edit") && <Link href="/map"><Icon name="map" size={18} /> {t("drawZones")}</Link>}
      </div>
      {lowest.length > 0 && <h3>{t("lowestNow")}</h3>}
      <ol className={css["lowest"]}>
        {lowest.map((sensor) => (
          <li key={sensor.id}>
            <Link href={`/sensors/${sensor.id}`}><bdi>{sensor.name}</bdi></Link>
            <strong><bdi>{format.value(sensor.last_reading, sensor.unit)}</bdi></strong>
            <small><Ago at={sensor.last_reading_at} /></small>
          </li>
        ))}
      </ol>
    </>
  );
}

export function Tanks({ tanks, unit }: { tanks: readonly Tank[]; unit: string }): ReactNode {
  const t = useTranslations("overview");
  return (
    <section className={css["tanks"]} aria-label={t("tanks")}>
      <h2>{t("tanks")}</h2>
      {tanks.length === 0 && <p className={css["why"]}>{t("noTanks")}</p>}
      <ul>{tanks.map((tank) => <Level key={tank.sensor_id} tank={tank} unit={unit} />)}</ul>
    </section>
  );
}

function Level({ tank, unit }: { tank: Tank; unit: string }): ReactNode {
  const t = useTranslations("overview");
  const format = useFormat();
  const { from, to } = tankBar(tank);
  const level = tank.level.value;
  const standing = tankStanding(tank);
  const at = (value: number): string => `${share(value, from, to) * 100}%`;
  return (
    <li data-standing={standing}>
      <Link href={`/sensors/${tank.sensor_id}`}>
        <span className={css["tank"]} aria-hidden="true">
          {level !== null && <i style={{ height: at(level) }} />}
          {tank.high !== null && <u style={{ bottom: at(tank.high) }} />}
          {tank.low !== null && <u style={{ bottom: at(tank.low) }} />}
        </span>
        <span dir="auto">{tank.name}</span>
      </Link>
      <strong><bdi>{level === null ? t(`why.${tank.level.why ?? "no_reading"}`) : format.value(level, unit)}</bdi></strong>
      <Mark standing={standing} />
      <small><Ago at={tank.level.at} /></small>
    </li>
  );
}

export function Silent({ silent }: { silent: Overview["silent"] }): ReactNode {
  const t = useTranslations("overview");
  return (
    <section className={css["silent"]} aria-label={t("silent")} data-bad={silent.count > 0 || undefined}>
      <h2>{t("silent")}</h2>
      <p className={css["big"]}><strong>{silent.count}</strong> {t("ofDevices", { all: silent.of })}</p>
      <ul>
        {silent.longest.slice(0, 5).map((each) => (
          <li key={each.sensor_id}>
            <Link href={`/sensors/${each.sensor_id}`}><bdi>{each.name}</bdi></Link>
            <small>{each.last_heard_at === null ? t("never") : <Ago at={each.last_heard_at} />}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function System({ overview }: { overview: Overview }): ReactNode {
  const t = useTranslations("overview");
  const format = useFormat();
  const { system } = overview;
  const isBad = system.issues.length > 0;
  return (
    <section className={css["system"]} aria-label={t("system")} data-bad={isBad || undefined}>
      <h2>{t("system")}</h2>
      {isBad ? (
        <ul>
          {system.issues.slice(0, 3).map((issue) => (
            <li key={issue.code}>
              <Icon name="about" size={18} />
              <div><TroubleWords of={issue} /></div>
            </li>
          ))}
        </ul>
      ) : <p>{t("systemWell")}</p>}
      <small>
        {t("figures", { cpu: format.percent(system.cpu_percent / 100), memory: format.percent(system.memory_percent / 100), disk: format.number(Math.round(system.disk_free_bytes / 1e9)) })}
      </small>
    </section>
  );
}
