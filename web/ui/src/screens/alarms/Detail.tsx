import { useMutation, useQuery } from "@tanstack/react-query";
import { useCallback, useState, useSyncExternalStore, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, useLocation } from "wouter";
import { api, data } from "@/api/client";
import { useMay } from "@/api/may";
import { useFormat } from "@/format/use-format";
import { isShelved, type Alert } from "@/live/situation";
import { useSensor, useSituation } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { PriorityMark } from "@/parts/PriorityMark";
import { Failed, Loading } from "@/parts/states";
import { useTellFailed } from "@/parts/toasts";
import { useNow } from "@/parts/use-now";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { useDeeds } from "./actions";
import { Asking, type Asked } from "./Asking";
import { Evidence, valuesOf } from "./Evidence";
import { canBe } from "./list";
import { useNameOf } from "./people";
import { Story } from "./Story";
import css from "./Detail.module.css";

/** Kinds of alarms of which the catalogues say what they mean; others get the general words. */
const KINDS = ["low_pressure", "high_pressure", "no_data", "out_of_range", "flatline", "anomaly", "rate_of_change", "leak", "low_level", "high_level"] as const;
type Kind = (typeof KINDS)[number] | "general";

function kindOf(alert: Alert): Kind {
  return KINDS.find((each) => each === alert.alert_type) ?? "general";
}

/** One alarm, live; one that is no longer active is fetched. */
export function useAlarm(id: number): { alert: Alert | undefined; error: unknown; again: () => void } {
  const situation = useSituation();
  const live = useSyncExternalStore(
    useCallback((listener) => situation.subscribe("alerts", listener), [situation]),
    () => situation.alerts.get(id),
  );
  // An event of an older server lacks parts: then the alarm is fetched too.
  const isWhole = live?.evidence !== undefined && live.raised_at !== undefined;
  const { data: fetched, error, refetch } = useQuery({
    queryKey: ["alert", id, "itself", live?.version ?? 0],
    queryFn: () => data(api.GET("/api/v1/alerts/{alert}", { params: { path: { alert: id } } })),
    enabled: !isWhole,
  });
  return { alert: isWhole ? live : fetched, error: isWhole ? null : error, again: () => void refetch() };
}

/** What there is to know of an alarm, and to do about it. */
export function Detail({ id, onClose }: { id: number; onClose: () => void }): ReactNode {
  const titleOf = useTitle();
  const { alert, error, again } = useAlarm(id);
  const t = useTranslations("alarms");
  return (
    <article className={css["detail"]} aria-label={alert ? titleOf(alert) : t("one")} data-detail={id}>
      <Button kind="quiet" icon="close" aria-label={t("backToList")} onPress={onClose} className={css["close"] ?? ""} />
      {error ? <Failed problem={error} retry={again} /> : alert ? <Whole alert={alert} /> : <Loading />}
    </article>
  );
}

function Whole({ alert }: { alert: Alert }): ReactNode {
  const t = useTranslations("alarms");
  return (
    <>
      <Heading alert={alert} />
      <Doing alert={alert} />
      <Facts alert={alert} />
      {alert.sensor_id !== null && <Seen alert={alert} sensor={alert.sensor_id} />}
      <section className={css["advice"]} aria-label={t("advice")}>
        <h3>{t("meaning")}</h3>
        <p>{t(`kinds.${kindOf(alert)}.means`)}</p>
        <h3>{t("advice")}</h3>
        <p>{t(`kinds.${kindOf(alert)}.do`)}</p>
      </section>
      <Story alert={alert} />
    </>
  );
}

function Heading({ alert }: { alert: Alert }): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("alarms");
  const app = useTranslations("app");
  const nameOf = useNameOf();
  const now = useNow(10_000);
  const format = useFormat();
  return (
    <header className={css["heading"]}>
      <PriorityMark severity={alert.severity} hollow={alert.status !== "open"} size={36} />
      <div>
        <h2 dir="auto">{titleOf(alert)}</h2>
        <p>
          <b>{app(`severity.${alert.severity}`)}</b> · {alert.status === "open" ? t("noReaction") : app(`status.${alert.status}`)}
          {alert.acknowledged_at && alert.status !== "open" && (
            <> · <bdi>{nameOf(alert.acknowledged_by)}</bdi>, <Ago at={alert.acknowledged_at} /></>
          )}
          {!alert.condition_active && ` · ${t("gone")}`}
        </p>
        {isShelved(alert, now) && alert.shelved_until && (
          <p className={css["shelved"]}>{t("shelvedUntil", { time: format.moment(alert.shelved_until, now) })}</p>
        )}
      </div>
    </header>
  );
}

function Doing({ alert }: { alert: Alert }): ReactNode {
  const t = useTranslations("alarms");
  const may = useMay();
  if (!may("alerts.handle") && !may("incidents.report")) return null;
  return (
    <div className={css["buttons"]} role="group" aria-label={t("doing")}>
      {may("alerts.handle") && <Deeds alert={alert} />}
      {may("incidents.report") && <ItsIncident alert={alert} />}
    </div>
  );
}

function Deeds({ alert }: { alert: Alert }): ReactNode {
  const t = useTranslations("alarms");
  const isAside = isShelved(alert, useNow(10_000));
  const { act, isBusy } = useDeeds();
  const [asked, setAsked] = useState<Asked | null>(null);
  const can = canBe(alert);
  const now = (what: "acknowledge" | "start" | "unshelve") => () => act([alert], { do: what, note: "" });
  return (
    <>
      {can.acknowledged && <Button kind="primary" icon="check" isDisabled={isBusy} onPress={now("acknowledge")}>{t("deeds.acknowledge")}</Button>}
      {can.acknowledged && <Button isDisabled={isBusy} onPress={() => setAsked("acknowledge")}>{t("withNote")}</Button>}
      {can.started && <Button icon="work" isDisabled={isBusy} onPress={now("start")}>{t("deeds.start")}</Button>}
      <Button icon="person" onPress={() => setAsked("assign")}>{t("deeds.assign")} …</Button>
      {can.resolved && <Button onPress={() => setAsked("resolve")}>{t("deeds.resolve")} …</Button>}
      {can.closed && <Button onPress={() => setAsked("close")}>{t("deeds.close")} …</Button>}
      {can.shelved && !isAside && <Button icon="clock" onPress={() => setAsked("shelve")}>{t("deeds.shelve")} …</Button>}
      {isAside && <Button icon="undo" isDisabled={isBusy} onPress={now("unshelve")}>{t("deeds.unshelve")}</Button>}
      {asked && (
        <Asking asked={asked} alerts={[alert]} isBusy={isBusy} onClose={() => setAsked(null)}
          onDeed={(deed) => act([alert], deed, () => setAsked(null))} />
      )}
    </>
  );
}

/** How often it is asked whether somebody else has made one. */
const SOMEBODY_ELSE_MS = 15_000;

/** Opens the incident that was made of an alarm, by whomever; makes one where there is none. */
function ItsIncident({ alert }: { alert: Alert }): ReactNode {
  const t = useTranslations("alarms");
  const [, navigate] = useLocation();
  const query = { alert_id: alert.id, limit: 1 };
  const { data: incidents, isPending } = useQuery({
    queryKey: ["incidents", "of-alarm", alert.id],
    queryFn: () => data(api.GET("/api/v1/incidents", { params: { query } })),
    refetchInterval: SOMEBODY_ELSE_MS,
  });
  const [made] = incidents ?? [];
  if (made) return <Button icon="incident" onPress={() => navigate(`/incidents/${made.id}`)}>{t("deeds.itsIncident")}</Button>;
  // Until it is known, nobody can make a second one.
  return isPending ? null : <MakeIncident alert={alert} />;
}

function MakeIncident({ alert }: { alert: Alert }): ReactNode {
  const t = useTranslations("alarms");
  const failed = useTellFailed();
  const [, navigate] = useLocation();
  // One key for as long as this button is shown: pressed twice it makes one incident.
  const [key] = useState(() => `alarm-${alert.id}-${Date.now().toString(36)}`);
  const { mutate, isPending } = useMutation({
    mutationFn: () => data(api.POST("/api/v1/alerts/{alert}/incident", {
      params: { path: { alert: alert.id }, header: { "Idempotency-Key": key } },
      body: { title: null, description: null, incident_type: null, notes: null },
    })),
    onSuccess: (made) => navigate(`/incidents/${made.id}`),
    onError: failed,
  });
  return <Button icon="incident" isDisabled={isPending} onPress={() => mutate()}>{t("deeds.incident")}</Button>;
}

function Facts({ alert }: { alert: Alert }): ReactNode {
  const why = useReason();
  const t = useTranslations("alarms");
  const format = useFormat();
  const nameOf = useNameOf();
  const now = useNow(10_000);
  return (
    <dl className={css["facts"]}>
      <div><dt>{t("since")}</dt><dd><Ago at={alert.raised_at} /> <small><bdi>{format.moment(alert.raised_at, now)}</bdi></small></dd></div>
      <div><dt>{t("seen")}</dt><dd dir="auto">{why(alert)}</dd></div>
      <div><dt>{t("times")}</dt><dd>{t("occurrences", { count: alert.occurrences })} <small><Ago at={alert.last_seen_at} /></small></dd></div>
      <div><dt>{t("assigned")}</dt><dd><bdi>{alert.assigned_to === null ? t("nobody") : nameOf(alert.assigned_to)}</bdi></dd></div>
    </dl>
  );
}

function Seen({ alert, sensor: id }: { alert: Alert; sensor: number }): ReactNode {
  const t = useTranslations("alarms");
  const sensor = useSensor(id);
  const format = useFormat();
  if (!sensor) return null;
  const { value, limit, low, high } = valuesOf(alert, sensor.unit);
  return (
    <section className={css["seen"]} aria-label={t("evidence")}>
      <h3><Link href={`/sensors/${id}`}><bdi>{sensor.name}</bdi></Link></h3>
      <dl className={css["values"]}>
        {value !== undefined && <div><dt>{t("then")}</dt><dd><bdi>{format.value(value, sensor.unit)}</bdi></dd></div>}
        {limit !== undefined && <div><dt>{t("limit")}</dt><dd><bdi>{format.value(limit, sensor.unit)}</bdi></dd></div>}
        {low !== undefined && high !== undefined && <div><dt>{t("usual")}</dt><dd><bdi>{format.value(low, sensor.unit)} – {format.value(high, sensor.unit)}</bdi></dd></div>}
        <div data-now><dt>{t("now")}</dt><dd><bdi>{format.value(sensor.last_reading, sensor.unit)}</bdi> <small><Ago at={sensor.last_reading_at} /></small></dd></div>
      </dl>
      <Evidence alert={alert} sensor={id} unit={sensor.unit} />
      <p className={css["links"]}>
        <Link href={`/sensors/${id}`}>{t("toSensor")}</Link>
        {alert.location && <Link href={`/map?alert=${alert.id}&at=${alert.location.coordinates[1]},${alert.location.coordinates[0]}`}>{t("toMap")}</Link>}
      </p>
    </section>
  );
}
