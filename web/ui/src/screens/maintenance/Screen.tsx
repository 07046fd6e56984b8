import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, useLocation, useSearch } from "wouter";
import { useMay } from "@/api/may";
import { useSession } from "@/api/use-session";
import { usePreferences } from "@/app/preferences";
import { useFormat } from "@/format/use-format";
import { useSensor } from "@/live/use-live";
import { AsOf } from "@/offline/AsOf";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Icon } from "@/parts/Icon";
import { Empty, Failed, Loading } from "@/parts/states";
import { useNow } from "@/parts/use-now";
import { useNameOf } from "../incidents/data";
import { useChangeWork, useWork, type Work } from "./data";
import { byDay, isOpen, isOverdue } from "./days";
import { NewWork } from "./NewWork";
import css from "./Screen.module.css";

/** What is to be done in the network and what was done, by day. */
export default function MaintenanceScreen(): ReactNode {
  const [path] = useLocation();
  return path.startsWith("/maintenance/new") ? <NewWork /> : <Calendar />;
}

type Shown = "open" | "mine" | "over";

function Calendar(): ReactNode {
  const t = useTranslations("maintenance");
  const may = useMay();
  const [, navigate] = useLocation();
  const said = new URLSearchParams(useSearch()).get("show");
  const shown: Shown = said === "mine" || said === "over" ? said : "open";
  const { timeZone } = usePreferences();
  const standing = useSession();
  const me = standing.at === "inside" ? standing.person.id : null;
  const { found, error, again } = useWork();
  const rows = (found?.value ?? []).filter((each) => shown !== "mine" || each.assigned_to === me);
  const days = byDay(rows, timeZone, shown === "over");
  return (
    <div className={css["screen"]}>
      <header className={css["head"]}>
        <h1>{t("title")}</h1>
        <Choice label={t("show")} labelHidden value={shown} onChange={(value) => navigate(`/maintenance?show=${value}`, { replace: true })}
          options={(["open", "mine", "over"] as const).map((id) => ({ id, name: t(`shows.${id}`) }))} />
        {may("maintenance.log") && <Button kind="primary" icon="plus" onPress={() => navigate("/maintenance/new")}>{t("new")}</Button>}
      </header>
      {found && <AsOf found={found} />}
      {!found && (error ? <Failed problem={error} retry={again} /> : <Loading />)}
      {found && days.length === 0 && <Empty>{t("none")}</Empty>}
      {days.map((day) => <DayPart key={day.key} at={day.at} work={day.work} isKept={found?.isKept ?? false} />)}
    </div>
  );
}

function DayPart({ at, work, isKept }: { at: number | null; work: readonly Work[]; isKept: boolean }): ReactNode {
  const t = useTranslations("maintenance");
  const format = useFormat();
  const name = at === null ? t("noDay") : format.date(at);
  return (
    <section aria-label={name}>
      <h2><bdi>{name}</bdi></h2>
      <ul className={css["list"]}>{work.map((each) => <Row key={each.id} work={each} isKept={isKept} />)}</ul>
    </section>
  );
}

function Row({ work, isKept }: { work: Work; isKept: boolean }): ReactNode {
  const t = useTranslations("maintenance");
  const format = useFormat();
  const nameOf = useNameOf();
  const now = useNow();
  const late = isOverdue(work, now);
  return (
    <li data-work={work.id} data-late={late || undefined}>
      <Icon name={work.status === "done" ? "check" : work.status === "cancelled" ? "close" : "work"} />
      <div>
        <p className={css["what"]} dir="auto">{work.work}</p>
        <p>
          <b>{t(`status.${work.status}`)}</b>{late && <> · <strong>{t("late")}</strong></>}
          {" · "}<bdi>{work.assigned_to === null ? t("nobody") : nameOf(work.assigned_to)}</bdi>
          {work.due_at && isOpen(work) && <> · {t("due", { time: format.dateTime(work.due_at) })}</>}
          {work.done_at && work.status === "done" && <> · <bdi>{format.dateTime(work.done_at)}</bdi>, <bdi>{nameOf(work.by)}</bdi></>}
          {work.repeat_days !== null && <> · {t("repeats", { days: work.repeat_days })}</>}
        </p>
        {work.notes && <p className={css["notes"]} dir="auto">{work.notes}</p>}
        {work.out_of_service && (
          <p>{work.keeps_out ? <b>{t("isOut")}</b> : t("out")}: <bdi>{format.dateTime(work.out_of_service.from)} – {format.dateTime(work.out_of_service.to)}</bdi></p>
        )}
        <Links work={work} />
      </div>
      <Doing work={work} isKept={isKept} />
    </li>
  );
}

function Links({ work }: { work: Work }): ReactNode {
  const t = useTranslations("maintenance");
  const sensor = useSensor(work.sensor_id ?? 0);
  return (
    <p className={css["links"]}>
      {work.sensor_id !== null && <Link href={`/sensors/${work.sensor_id}`}><bdi>{sensor?.name ?? t("sensor")}</bdi></Link>}
      {work.incident_id !== null && <Link href={`/incidents/${work.incident_id}`}>{t("incident")}</Link>}
      {work.alert_id !== null && <Link href={`/alarms/${work.alert_id}`}>{t("alarm")}</Link>}
      {work.asset_id !== null && <Link href={`/map?asset=${work.asset_id}`}>{t("asset")}</Link>}
    </p>
  );
}

function Doing({ work, isKept }: { work: Work; isKept: boolean }): ReactNode {
  const t = useTranslations("maintenance");
  const may = useMay();
  const { change, isBusy } = useChangeWork();
  if (!may("maintenance.log") || !isOpen(work)) return null;
  const isOff = isBusy || isKept;
  return (
    <div className={css["buttons"]}>
      {work.status === "planned" && <Button isDisabled={isOff} onPress={() => change(work, { status: "in_progress" })}>{t("start")}</Button>}
      <Button kind="primary" icon="check" isDisabled={isOff} onPress={() => change(work, { status: "done", done_at: new Date().toISOString() })}>{t("finish")}</Button>
      <Button kind="quiet" isDisabled={isOff} onPress={() => change(work, { status: "cancelled" })}>{t("cancel")}</Button>
    </div>
  );
}
