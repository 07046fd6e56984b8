import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { Input, ListBox, ListBoxItem, ListLayout, SearchField, Tab, TabList, TabPanel, Tabs, Virtualizer, Button as Clear } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useLocation } from "wouter";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { useActiveAlerts, useSensor, useSensors, useSituation } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { Icon, type IconName } from "@/parts/Icon";
import { PriorityMark } from "@/parts/PriorityMark";
import { Empty, Failed } from "@/parts/states";
import { useTitle } from "@/parts/use-title";
import { useOverview } from "@/screens/overview/use-overview";
import type { Position } from "./geo";
import { placeOf, whereOf } from "./live";
import type { Selected } from "./place";
import type { Around } from "./Side";
import { ZoneList } from "./ZoneList";
import css from "./Side.module.css";

type Found = Schemas["FoundOut"];
const TYPED = 200;
const SHOWN = 8;
const ICONS: Readonly<Record<string, IconName>> = { sensor: "sensor", alert: "alarm", incident: "incident", zone: "layers" };

/** Search by the server; without words all alarms and sensors, so that no mouse is needed for the map. */
export function Finder({ engine, change, raise }: Around & { raise: () => void }): ReactNode {
  const t = useTranslations("map");
  const [words, setWords] = useState("");
  const go = (selected: Selected, at: Position | null): void => {
    change({ selected });
    if (at) engine?.goTo(at);
  };
  return (
    <div className={css["finder"]}>
      <SearchField aria-label={t("find.label")} value={words} onChange={setWords} className={css["search"] ?? ""} onFocus={raise}>
        <Icon name="search" size={18} />
        <Input placeholder={t("find.placeholder")} />
        <Clear className={css["clear"] ?? ""}>
          <Icon name="close" size={16} />
        </Clear>
      </SearchField>
      {words.trim() ? <Results words={words.trim()} go={go} /> : <Everything go={go} />}
    </div>
  );
}

export type Go = (selected: Selected, at: Position | null) => void;

function Results({ words, go }: { words: string; go: Go }): ReactNode {
  const t = useTranslations("map");
  const { id } = useMunicipality();
  const [, navigate] = useLocation();
  const asked = useLate(words);
  const { data: found, error, refetch } = useQuery({
    queryKey: ["search", id, asked],
    queryFn: ({ signal }) =>
      data(api.GET("/api/v1/search", { params: { query: { q: asked, limit: SHOWN, municipality_id: id } }, signal })),
    placeholderData: keepPreviousData,
  });
  if (error) return <Failed problem={error} retry={() => void refetch()} />;
  const choose = (one: Found): void => {
    const kind = one.kind === "pipe" ? "asset" : one.kind;
    if (kind === "asset" || kind === "sensor" || kind === "alert" || kind === "zone") go({ kind, id: one.id }, placeOf(one.location));
    else navigate(`/incidents/${one.id}`);
  };
  return (
    <>
      <p className="visually-hidden" role="status">{found && t("find.count", { count: found.length })}</p>
      <ListBox
        aria-label={t("find.results")} items={found ?? []} className={css["list"] ?? ""}
        renderEmptyState={() => <Empty>{found ? t("find.nothing") : t("find.looking")}</Empty>}
        onAction={(key) => {
          const one = found?.find((each) => `${each.kind}:${each.id}` === key);
          if (one) choose(one);
        }}
      >
        {(one) => (
          <ListBoxItem id={`${one.kind}:${one.id}`} textValue={one.name} className={css["item"] ?? ""}>
            <Icon name={ICONS[one.kind] ?? "map"} size={18} />
            <span>
              <strong><bdi>{one.name}</bdi></strong>
              <small>{t.has(`find.kinds.${one.kind as "sensor"}`) ? t(`find.kinds.${one.kind as "sensor"}`) : one.kind} · <bdi>{one.detail || one.subtype}</bdi></small>
            </span>
          </ListBoxItem>
        )}
      </ListBox>
    </>
  );
}

/** What was typed, once somebody pauses. */
function useLate(words: string): string {
  const [late, setLate] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => setLate(words), TYPED);
    return () => clearTimeout(timer);
  }, [words]);
  return late;
}

function Everything({ go }: { go: Go }): ReactNode {
  const t = useTranslations("map");
  const alerts = useActiveAlerts();
  const sensors = useSensors();
  const zones = useOverview().overview?.zones ?? [];
  return (
    <Tabs className={css["tabs"] ?? ""}>
      <TabList aria-label={t("find.lists")} className={css["tabList"] ?? ""}>
        <Tab id="alarms" className={css["tab"] ?? ""}>{t("find.alarms", { count: alerts.length })}</Tab>
        <Tab id="sensors" className={css["tab"] ?? ""}>{t("find.sensors", { count: sensors.length })}</Tab>
        {zones.length > 0 && <Tab id="zones" className={css["tab"] ?? ""}>{t("find.zones", { count: zones.length })}</Tab>}
      </TabList>
      <TabPanel id="alarms" className={css["panel"] ?? ""}>
        <Alarms go={go} />
      </TabPanel>
      <TabPanel id="sensors" className={css["panel"] ?? ""}>
        <Sensors go={go} />
      </TabPanel>
      {zones.length > 0 && (<TabPanel id="zones" className={css["panel"] ?? ""}>
        <ZoneList go={go} />
      </TabPanel>)}
    </Tabs>
  );
}

const ROW = { rowHeight: 52 };

function Alarms({ go }: { go: Go }): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("map");
  const app = useTranslations("app");
  const situation = useSituation();
  const alerts = useActiveAlerts();
  if (alerts.length === 0) return <Empty>{app("allQuiet")}</Empty>;
  return (
    <Virtualizer layout={ListLayout} layoutOptions={ROW}>
      <ListBox
        aria-label={t("find.alarmList")} items={alerts} className={css["list"] ?? ""}
        onAction={(key) => {
          const alert = situation.alerts.get(Number(key));
          if (alert) go({ kind: "alert", id: alert.id }, whereOf(alert, situation.sensors));
        }}
      >
        {(alert) => (
          <ListBoxItem id={alert.id} textValue={titleOf(alert)} className={css["item"] ?? ""}>
            <PriorityMark severity={alert.severity} hollow={alert.status !== "open"} />
            <span>
              <strong><bdi>{titleOf(alert)}</bdi></strong>
              <small>
                {app(`status.${alert.status}`)} · <Ago at={alert.raised_at} />
                {whereOf(alert, situation.sensors) === null && ` · ${t("find.nowhere")}`}
              </small>
            </span>
          </ListBoxItem>
        )}
      </ListBox>
    </Virtualizer>
  );
}

function Sensors({ go }: { go: Go }): ReactNode {
  const t = useTranslations("map");
  const situation = useSituation();
  const sensors = useSensors();
  if (sensors.length === 0) return <Empty>{t("find.noSensors")}</Empty>;
  return (
    <Virtualizer layout={ListLayout} layoutOptions={ROW}>
      <ListBox
        aria-label={t("find.sensorList")} items={sensors} className={css["list"] ?? ""}
        onAction={(key) => go({ kind: "sensor", id: Number(key) }, placeOf(situation.sensors.get(Number(key))?.location ?? null))}
      >
        {(sensor) => (
          <ListBoxItem id={sensor.id} textValue={sensor.name} className={css["item"] ?? ""}>
            <Icon name="sensor" size={18} />
            <span>
              <strong><bdi>{sensor.name}</bdi></strong>
              <small><bdi>{sensor.device_id}</bdi></small>
            </span>
            <Value id={sensor.id} />
          </ListBoxItem>
        )}
      </ListBox>
    </Virtualizer>
  );
}

function Value({ id }: { id: number }): ReactNode {
  const sensor = useSensor(id);
  const situation = useSituation();
  const format = useFormat();
  if (!sensor) return null;
  const isSilent = situation.isSilent(sensor);
  return (
    <span className={css["value"]} data-stale={isSilent || undefined}>
      <bdi>{format.value(sensor.last_reading, sensor.unit)}</bdi>
      <small><Ago at={sensor.last_reading_at} /></small>
    </span>
  );
}
