import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, useLocation } from "wouter";
import type { Schemas } from "@/api/client";
import { useMay } from "@/api/may";
import { useFormat } from "@/format/use-format";
import { AsOf } from "@/offline/AsOf";
import { useDeliver, useWaiting } from "@/offline/use-outbox";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Panel } from "@/parts/Panel";
import { PriorityMark } from "@/parts/PriorityMark";
import { Failed, Loading } from "@/parts/states";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { Alarms } from "./Alarms";
import { useChange } from "./change";
import { Checklist } from "./Checklist";
import { useColleagues, useIncident, useLiveIncidents, useLookAgain, useNameOf, type Whole } from "./data";
import { Edit } from "./Edit";
import { Files } from "./Files";
import { AFTER } from "./list";
import { Replay } from "./Replay";
import { Comment, Story } from "./Story";
import css from "./Detail.module.css";

/** One incident: what it is, what was done, and everything that can be done about it. */
export function Detail({ id }: { id: number }): ReactNode {
  const { found, error, again } = useIncident(id);
  const t = useTranslations("incidents");
  useLiveIncidents();
  if (!found) return error ? <Failed problem={error} retry={again} /> : <Loading />;
  const { value } = found;
  return (
    <article className={css["detail"]} data-detail={id}>
      <Link href="/incidents">{t("backToList")}</Link>
      <AsOf found={found} />
      <Heading whole={value} isKept={found.isKept} />
      <div className={css["parts"]}>
        <div className={css["main"]}>
          <Panel title={t("story")}>
            <Story incident={id} steps={value.story} files={value.files} alerts={value.alerts} />
            <Comment incident={id} />
          </Panel>
          <Replay whole={value} />
        </div>
        <div className={css["side"]}>
          <Facts whole={value} isKept={found.isKept} />
          <Checklist incident={id} items={value.checklist ?? []} />
          <Files incident={id} files={value.files} />
          <Alarms whole={value} />
        </div>
      </div>
    </article>
  );
}

function Heading({ whole, isKept }: { whole: Whole; isKept: boolean }): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const { incident } = whole;
  const may = useMay();
  const [, navigate] = useLocation();
  const { deliver } = useDeliver();
  const look = useLookAgain();
  const [isBusy, setBusy] = useState(false);
  /** Not free before the new status is shown: a second press would else be about the old one. */
  const go = async (after: Schemas["IncidentStatus"]): Promise<void> => {
    setBusy(true);
    await deliver({ kind: "status", incident: incident.id, before: incident.status, after });
    await look();
    setBusy(false);
  };
  const [isEditing, setEditing] = useState(false);
  const waiting = useWaiting().find(({ deed }) => deed.kind === "status" && deed.incident === incident.id && deed.after !== incident.status);
  return (
    <header className={css["heading"]}>
      <PriorityMark severity={incident.severity} hollow={incident.status !== "open"} size={36} />
      <div>
        <h1 dir="auto">{titleOf(incident)}</h1>
        <p>
          <b>{app(`severity.${incident.severity}`)}</b> · <span data-status={incident.status}>{app(`status.${incident.status}`)}</span> · <Ago at={incident.created_at} />
          {waiting?.deed.kind === "status" && <em> · {t("willBe", { status: app(`status.${waiting.deed.after}`) })}</em>}
        </p>
      </div>
      <div className={css["buttons"]} role="group" aria-label={t("doing")}>
        {may("incidents.report") && AFTER[incident.status].map((after, index) => (
          <Button key={after} kind={index === 0 ? "primary" : "usual"} isDisabled={isBusy || waiting !== undefined}
            onPress={() => void go(after)}>
            {t(`to.${after}`)}
          </Button>
        ))}
        {may("incidents.report") && <Button icon="edit" isDisabled={isKept} onPress={() => setEditing(true)}>{app("edit")}</Button>}
        {may("maintenance.log") && <Button icon="work" onPress={() => navigate(`/maintenance/new?incident=${incident.id}`)}>{t("planWork")}</Button>}
        <Button icon="print" onPress={() => navigate(`/incidents/${incident.id}/report`)}>{t("toReport")}</Button>
      </div>
      {isEditing && <Edit whole={whole} onClose={() => setEditing(false)} />}
    </header>
  );
}

function Facts({ whole, isKept }: { whole: Whole; isKept: boolean }): ReactNode {
  const why = useReason();
  const t = useTranslations("incidents");
  const format = useFormat();
  const nameOf = useNameOf();
  const { incident } = whole;
  const at = incident.location?.coordinates;
  return (
    <Panel title={t("facts")}>
      <dl className={css["facts"]}>
        {incident.description && <div><dt>{t("description")}</dt><dd dir="auto">{why(incident)}</dd></div>}
        <div><dt>{t("reportedBy")}</dt><dd><bdi>{nameOf(incident.reported_by)}</bdi>, <bdi>{format.dateTime(incident.created_at)}</bdi></dd></div>
        {incident.notes && <div><dt>{t("notes")}</dt><dd className={css["notes"]} dir="auto">{incident.notes}</dd></div>}
        {incident.resolved_at && <div><dt>{t("resolvedAt")}</dt><dd><bdi>{format.dateTime(incident.resolved_at)}</bdi></dd></div>}
        {incident.sensor_id !== null && <div><dt>{t("sensor")}</dt><dd><Link href={`/sensors/${incident.sensor_id}`}><bdi>{incident.sensor_name ?? incident.sensor_id}</bdi></Link></dd></div>}
        {at && <div><dt>{t("position")}</dt><dd><Link href={`/map?at=17/${at[1]}/${at[0]}`}><bdi>{t("coordinates", { lat: at[1] ?? 0, lon: at[0] ?? 0 })}</bdi></Link></dd></div>}
      </dl>
      <Assign whole={whole} isKept={isKept} />
    </Panel>
  );
}

const NO_ONE = "0";

function Assign({ whole, isKept }: { whole: Whole; isKept: boolean }): ReactNode {
  const t = useTranslations("incidents");
  const may = useMay();
  const { change, isBusy } = useChange(whole);
  const people = useColleagues().filter((each) => each.enabled || each.id === whole.incident.assigned_to);
  const nameOf = useNameOf();
  const to = whole.incident.assigned_to;
  if (!may("incidents.report")) return <p>{t("assigned")}: <bdi>{to === null ? t("nobody") : nameOf(to)}</bdi></p>;
  return (
    <Choice label={t("assigned")} value={String(to ?? NO_ONE)} isDisabled={isBusy || isKept}
      onChange={(key) => change({ assigned_to: key === NO_ONE ? null : Number(key) } as Schemas["IncidentChange"])}
      options={[{ id: NO_ONE, name: t("nobody") }, ...people.map((each) => ({ id: String(each.id), name: each.name }))]} />
  );
}
