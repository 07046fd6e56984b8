import { useTranslations } from "use-intl";
import type { ReactNode } from "react";
import { SearchField, Input } from "react-aria-components";
import { Link, useLocation, useSearch } from "wouter";
import { useMay } from "@/api/may";
import { useSession } from "@/api/use-session";
import { SEVERITIES } from "@/live/situation";
import { AsOf } from "@/offline/AsOf";
import { useWaiting } from "@/offline/use-outbox";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Icon } from "@/parts/Icon";
import { PriorityMark } from "@/parts/PriorityMark";
import { Empty, Failed, Loading } from "@/parts/states";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { STATUSES, useIncidents, useLiveIncidents, useNameOf, type Incident, type IncidentStatus } from "./data";
import { useDrafts } from "./draft";
import { choose, wantedFrom, withFilter } from "./list";
import css from "./Board.module.css";

/** All incidents: columns by status on a desk, one list on a phone. */
export function Board(): ReactNode {
  const t = useTranslations("incidents");
  const may = useMay();
  const [, navigate] = useLocation();
  const search = new URLSearchParams(useSearch());
  const standing = useSession();
  const me = standing.at === "inside" ? standing.person.id : null;
  const { found, error, again } = useIncidents();
  useLiveIncidents();
  const titleOf = useTitle();
  const why = useReason();
  const wanted = wantedFrom(search);
  const rows = choose(found?.value.rows ?? [], wanted, me, (each) => `${titleOf(each)} ${why(each)}`);
  return (
    <div className={css["screen"]}>
      <header className={css["head"]}>
        <h1>{t("title")}</h1>
        {may("incidents.report") && <Button kind="primary" icon="plus" onPress={() => navigate("/incidents/new")}>{t("new")}</Button>}
      </header>
      <Filters search={search} />
      {found && <AsOf found={found} />}
      <DraftRows />
      <UnsentRows />
      {error && !found ? <Failed problem={error} retry={again} /> : null}
      {!found && !error && <Loading />}
      {found && rows.length === 0 && <Empty>{found.value.rows.length === 0 ? t("none") : t("noneSo")}</Empty>}
      {rows.length > 0 && (wanted.status === "all" ? <Columns rows={rows} /> : <List rows={rows} />)}
      {found && found.value.total > found.value.rows.length && <p>{t("more", { shown: found.value.rows.length, total: found.value.total })}</p>}
    </div>
  );
}

function Filters({ search }: { search: URLSearchParams }): ReactNode {
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const [, navigate] = useLocation();
  const wanted = wantedFrom(search);
  const set = (name: string, value: string): void => navigate(`/incidents?${withFilter(search, name, value)}`, { replace: true });
  return (
    <div className={css["filters"]} role="search">
      <SearchField aria-label={t("find")} value={wanted.words} onChange={(words) => set("q", words)} className={css["find"] ?? ""}>
        <Input placeholder={t("find")} />
      </SearchField>
      <Choice label={t("status")} labelHidden value={wanted.status} onChange={(value) => set("status", value)}
        options={[{ id: "all", name: t("allStatuses") }, { id: "unsettled", name: t("unsettled") }, ...STATUSES.map((id) => ({ id, name: app(`status.${id}`) }))]} />
      <Choice label={t("severity")} labelHidden value={wanted.severity} onChange={(value) => set("severity", value)}
        options={[{ id: "all", name: t("allSeverities") }, ...SEVERITIES.map((id) => ({ id, name: app(`severity.${id}`) }))]} />
      <Choice label={t("whose")} labelHidden value={wanted.whose} onChange={(value) => set("whose", value)}
        options={(["all", "mine", "nobodys"] as const).map((id) => ({ id, name: t(`whoses.${id}`) }))} />
    </div>
  );
}

function Columns({ rows }: { rows: Incident[] }): ReactNode {
  const app = useTranslations("app");
  return (
    <div className={css["columns"]}>
      {STATUSES.map((status) => {
        const inside = rows.filter((each) => each.status === status);
        return (
          <section key={status} aria-label={app(`status.${status}`)} data-status={status} data-none={inside.length === 0 || undefined}>
            <h2>{app(`status.${status}`)} <small>{inside.length}</small></h2>
            <List rows={inside} status={status} />
          </section>
        );
      })}
    </div>
  );
}

function List({ rows, status }: { rows: readonly Incident[]; status?: IncidentStatus }): ReactNode {
  return (
    <ul className={css["list"]}>
      {rows.map((each) => <Row key={each.id} incident={each} isNamed={status === undefined} />)}
    </ul>
  );
}

function Row({ incident, isNamed }: { incident: Incident; isNamed: boolean }): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const nameOf = useNameOf();
  return (
    <li data-incident={incident.id}>
      <Link href={`/incidents/${incident.id}`}>
        <PriorityMark severity={incident.severity} hollow={incident.status !== "open"} />
        <span className={css["what"]}>
          <strong dir="auto">{titleOf(incident)}</strong>
          <span>
            {isNamed && <>{app(`status.${incident.status}`)} · </>}
            <Ago at={incident.created_at} />
            {incident.sensor_name && <> · <bdi>{incident.sensor_name}</bdi></>}
          </span>
          <span>{incident.assigned_to === null ? t("nobody") : <bdi>{nameOf(incident.assigned_to)}</bdi>}</span>
        </span>
      </Link>
    </li>
  );
}

/** Reports that somebody has begun on this device and not yet made. */
function DraftRows(): ReactNode {
  const t = useTranslations("incidents");
  const drafts = useDrafts();
  if (drafts.length === 0) return null;
  return (
    <ul className={css["list"]} aria-label={t("drafts")}>
      {drafts.map(({ alert, draft: { value, at } }) => (
        <li key={alert} data-draft>
          <Link href={alert ? `/incidents/new?alert=${alert}` : "/incidents/new"}>
            <PriorityMark severity={value.severity} hollow />
            <span className={css["what"]}>
              <strong dir="auto">{value.title || t("untitled")}</strong>
              <span>{t("draft")} · <Ago at={at} /></span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Incidents that only this device knows. */
function UnsentRows(): ReactNode {
  const t = useTranslations("incidents");
  const waiting = useWaiting().filter(({ deed }) => deed.kind === "incident" || deed.kind === "incidentOfAlert");
  if (waiting.length === 0) return null;
  return (
    <ul className={css["list"]} aria-label={t("unsent")}>
      {waiting.map(({ number, at, deed }) => (deed.kind === "incident" || deed.kind === "incidentOfAlert") && (
        <li key={number} data-unsent>
          <Link href={`/incidents/unsent-${deed.mark}`}>
            {deed.kind === "incident" ? <PriorityMark severity={deed.body.severity} hollow /> : <Icon name="incident" />}
            <span className={css["what"]}>
            {deed.kind === "incident" ? <PriorityMark severity={deed.body.severity} hollow /> : <Icon name="incident" />}
              <span>{t("isUnsent")} · <Ago at={at} /></span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
