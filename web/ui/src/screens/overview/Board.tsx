import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { useFormat } from "@/format/use-format";
import { isShelved } from "@/live/situation";
import { useActiveAlerts, useLine } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { Icon } from "@/parts/Icon";
import { PriorityMark } from "@/parts/PriorityMark";
import { useNow } from "@/parts/use-now";
import { useTitle } from "@/parts/use-title";
import { moodOf, type Overview } from "./glance";
import { Silent, System, Tanks, Zones } from "./Panels";
import { useQuietSince } from "./use-quiet-since";
import css from "./Board.module.css";

const WORST = 5;

/** Everything of the overview on one board; the wall shows it too. */
export function Board({ overview }: { overview: Overview }): ReactNode {
  return (
    <div className={css["board"]}>
      <Verdict overview={overview} />
      <Alarms overview={overview} />
      <Zones overview={overview} />
      <Tanks tanks={overview.tanks} unit={overview.units.level} />
      <Silent silent={overview.silent} />
      <System overview={overview} />
    </div>
  );
}

/** The answer in one sentence, and how old it is. */
function Verdict({ overview }: { overview: Overview }): ReactNode {
  const t = useTranslations("overview");
  const { line, freshest } = useLine();
  const now = useNow(5000);
  const format = useFormat();
  const mood = moodOf(overview);
  const fresh = overview.alarms.reduce((sum, each) => sum + each.unacknowledged, 0);
  const seen = overview.alarms.reduce((sum, each) => sum + each.acknowledged, 0);
  const isOld = line.is === "lost" || now - Date.parse(overview.at) > 60_000;
  const sentence = mood === "wrong" ? t("wrong", { count: fresh }) : seen > 0 ? t("handled", { count: seen }) : mood === "handled" ? t("minor") : t("quiet");
  const newest = freshest ?? (overview.newest_reading_at ? Date.parse(overview.newest_reading_at) : null);
  return (
    <header className={css["verdict"]} data-mood={mood} data-old={isOld || undefined}>
      <h1>{isOld ? t("old", { age: format.ago(overview.at, now) }) : sentence}</h1>
      <p>
        {mood === "quiet" && !isOld && <Since />}
        <span>{newest === null ? t("noValues") : <>{t("newest")} <Ago at={newest} /></>}</span>
      </p>
    </header>
  );
}

/** Since when nothing was wrong: the end of the last alarm that this page knows of. */
function Since(): ReactNode {
  const t = useTranslations("overview");
  const last = useQuietSince();
  const now = useNow(5000);
  const format = useFormat();
  return last === null ? null : <span>{t("quietSince", { time: format.moment(last, now), age: format.duration(now - last) })}</span>;
}

function Alarms({ overview }: { overview: Overview }): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("overview");
  const app = useTranslations("app");
  const now = useNow(5000);
  const worst = useActiveAlerts().filter((alert) => !isShelved(alert, now)).slice(0, WORST);
  return (
    <section className={css["alarms"]} aria-label={t("alarms")}>
      <h2><Link href="/alarms">{t("alarms")}</Link></h2>
      <ul className={css["counts"]}>
        {overview.alarms.map((each) => {
          const all = each.unacknowledged + each.acknowledged;
          return (
            <li key={each.severity} data-none={all === 0 || undefined} data-new={each.unacknowledged > 0 || undefined}>
              <Link href={`/alarms?severity=${each.severity}`}>
                <PriorityMark severity={each.severity} hollow={each.unacknowledged === 0} size={30} />
                <b aria-hidden="true">{all}</b>
                <span>{app(`severity.${each.severity}`)}</span>
                <small>{all === 0 ? " " : t("ofThem", { fresh: each.unacknowledged, shelved: each.shelved })}</small>
              </Link>
            </li>
          );
        })}
      </ul>
      {worst.length > 0 && (
        <ol className={css["worst"]}>
          {worst.map((alert) => (
            <li key={alert.id}>
              <Link href={`/alarms/${alert.id}`}>
                <PriorityMark severity={alert.severity} hollow={alert.status !== "open"} />
                <span dir="auto">{titleOf(alert)}</span>
                <small>{alert.status === "open" ? <Ago at={alert.created_at} /> : app(`status.${alert.status}`)}</small>
                <Icon name="forward" size={16} />
              </Link>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
