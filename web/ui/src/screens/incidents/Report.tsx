import { lazy, Suspense, useMemo, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { now } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { converter } from "@/parts/chart/use-series";
import { Failed, Loading } from "@/parts/states";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { useDoneBy } from "./Checklist";
import { useIncident, useNameOf, type Attachment, type Item, type Whole } from "./data";
import { useFile } from "./Files";
import { hoursAfter } from "./replay-scene";
import { linesOf, MOST_DRAWN } from "./replayed";
import { useReplayed } from "./Replay";
import { useStepWords } from "./Story";
import css from "./Report.module.css";

const Chart = lazy(() => import("@/parts/chart/Chart").then((found) => ({ default: found.Chart })));

/** Everything about an incident on paper: facts, checklist, alarms, values, photos, what happened, signatures. */
export function Report({ id }: { id: number }): ReactNode {
  const t = useTranslations("incidents");
  const { found, error, again } = useIncident(id);
  if (!found) return error ? <Failed problem={error} retry={again} /> : <Loading />;
  return (
    <article className={css["report"]} data-report={id}>
      <div className={css["buttons"]}>
        <Link href={`/incidents/${id}`}>{t("backToIncident")}</Link>
        <Button kind="primary" icon="print" onPress={() => print()}>{t("print")}</Button>
      </div>
      <Head whole={found.value} />
      <Checks items={found.value.checklist ?? []} />
      <Values whole={found.value} />
      <Happened whole={found.value} />
      <Pictures files={found.value.files} />
      <Signatures />
    </article>
  );
}

function Head({ whole: { incident } }: { whole: Whole }): ReactNode {
  const titleOf = useTitle();
  const why = useReason();
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const format = useFormat();
  const nameOf = useNameOf({ onPaper: true });
  const { name } = useMunicipality();
  const at = incident.location?.coordinates;
  const facts: [string, ReactNode][] = [
    [t("number"), incident.id],
    [t("severity"), app(`severity.${incident.severity}`)],
    [t("status"), app(`status.${incident.status}`)],
    [t("reportedBy"), nameOf(incident.reported_by)],
    [t("reportedAt"), format.dateTime(incident.created_at)],
    [t("assigned"), incident.assigned_to === null ? t("nobody") : nameOf(incident.assigned_to)],
    [t("resolvedAt"), incident.resolved_at ? format.dateTime(incident.resolved_at) : "–"],
    [t("sensor"), incident.sensor_name ?? "–"],
    [t("position"), at ? t("coordinates", { lat: at[1] ?? 0, lon: at[0] ?? 0 }) : "–"],
  ];
  return (
    <header>
      <p><bdi>{name}</bdi> · {t("reportOf", { time: format.dateTime(now()) })}</p>
      <h1 dir="auto">{titleOf(incident)}</h1>
      <dl className={css["facts"]}>
        {facts.map(([what, value]) => <div key={what}><dt>{what}</dt><dd><bdi>{value}</bdi></dd></div>)}
      </dl>
      {incident.description && <p className={css["text"]} dir="auto">{why(incident)}</p>}
      {incident.notes && <p className={css["text"]} dir="auto">{incident.notes}</p>}
    </header>
  );
}

function Checks({ items }: { items: readonly Item[] }): ReactNode {
  const t = useTranslations("incidents");
  const nameOf = useNameOf({ onPaper: true });
  const by = useDoneBy(nameOf);
  if (items.length === 0) return null;
  return (
    <section>
      <h2>{t("checklist", { done: items.filter((each) => each.done).length, all: items.length })}</h2>
      <ul className={css["checks"]}>
        {items.map((item) => <li key={item.id} dir="auto">{item.done ? "☑" : "☐"} {item.text}{by(item) && <small> · <bdi>{by(item)}</bdi></small>}</li>)}
      </ul>
    </section>
  );
}

function Values({ whole }: { whole: Whole }): ReactNode {
  const titleOf = useTitle();
  const why = useReason();
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const format = useFormat();
  const { found } = useReplayed(whole.incident.id, "24", hoursAfter(whole.incident, whole.story));
  const lines = useMemo(() => (found ? linesOf(found, (unit) => converter(format, unit)).slice(0, MOST_DRAWN) : []), [found, format]);
  const [from, to] = [found?.metadata.start_time, found?.metadata.end_time].map((each) => (each ? Date.parse(each) : 0));
  return (
    <section>
      <h2>{t("alarms", { count: whole.alerts.length })}</h2>
      <ul className={css["checks"]}>
        {whole.alerts.map((alert) => (
          <li key={alert.id} dir="auto">{format.dateTime(alert.raised_at)} · {app(`severity.${alert.severity}`)} · <b>{titleOf(alert)}</b> · {app(`status.${alert.status}`)}<br />{why(alert)}</li>
        ))}
      </ul>
      {lines.length > 0 && (
        <>
          <p>{lines.map((line) => `${line.name} (${line.unit})`).join(" · ")}</p>
          <Suspense fallback={<Loading />}>
            <Chart label={t("replay")} lines={lines} view={{ length: Math.max(1, (to ?? 0) - (from ?? 0)), end: to ?? 0 }} height={200} still />
          </Suspense>
        </>
      )}
    </section>
  );
}

function Happened({ whole }: { whole: Whole }): ReactNode {
  const t = useTranslations("incidents");
  const format = useFormat();
  const nameOf = useNameOf({ onPaper: true });
  const words = useStepWords();
  return (
    <section>
      <h2>{t("story")}</h2>
      <table className={css["story"]}>
        <thead><tr><th scope="col">{t("when")}</th><th scope="col">{t("who")}</th><th scope="col">{t("whatHappened")}</th></tr></thead>
        <tbody>
          {whole.story.map((step) => (
            <tr key={step.number}>
              <td><bdi>{format.dateTime(step.at)}</bdi></td>
              <td><bdi>{nameOf(step.by)}</bdi></td>
              <td className={css["text"]} dir="auto">{words(step, whole.files, whole.alerts)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Pictures({ files }: { files: readonly Attachment[] }): ReactNode {
  const t = useTranslations("incidents");
  if (files.length === 0) return null;
  return (
    <section>
      <h2>{t("files", { count: files.length })}</h2>
      <div className={css["pictures"]}>{files.map((file) => <Pictured key={file.id} file={file} />)}</div>
    </section>
  );
}

function Pictured({ file }: { file: Attachment }): ReactNode {
  const address = useFile(file);
  const format = useFormat();
  return (
    <figure>
      {address && <img src={address} alt={file.name} />}
      <figcaption><bdi>{file.name}</bdi> · <bdi>{format.dateTime(file.added_at)}</bdi></figcaption>
    </figure>
  );
}

function Signatures(): ReactNode {
  const t = useTranslations("incidents");
  return (
    <section className={css["signatures"]} aria-label={t("signatures")}>
      {(["onSite", "onDuty"] as const).map((who) => (
        <p key={who}><span />{t(who)} · {t("dateAndSignature")}</p>
      ))}
    </section>
  );
}
