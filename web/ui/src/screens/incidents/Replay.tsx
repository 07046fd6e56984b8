import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { api, data } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import type { Line } from "@/parts/chart/line";
import type { Mark } from "@/parts/chart/marks";
import { converter } from "@/parts/chart/use-series";
import { Panel } from "@/parts/Panel";
import { PriorityMark } from "@/parts/PriorityMark";
import { Empty, Failed, Loading } from "@/parts/states";
import { useTitle } from "@/parts/use-title";
import type { Attachment, LinkedAlert, Replayed, Whole } from "./data";
import { useFile } from "./Files";
import { allAlerts, alarmsAt, hoursAfter, statusAt } from "./replay-scene";
import { ReplayMap } from "./ReplayMap";
import { linesOf, MOST_DRAWN, until, valueAt } from "./replayed";
import { useStepWords } from "./Story";
import css from "./Detail.module.css";
import own from "./Replay.module.css";

const Chart = lazy(() => import("@/parts/chart/Chart").then((found) => ({ default: found.Chart })));

const SPANS = { "1": ["1", "1min"], "6": ["6", "5min"], "24": ["24", "15min"], "168": ["168", "1h"] } as const;
type Hours = keyof typeof SPANS;
const STEPS = 60;
const EVERY = 250;

/** What was seen around an incident; only as far as the data goes when offline: then it says so. */
export function useReplayed(id: number, hours: Hours, after: number): { found: Replayed | undefined; error: unknown; again: () => void } {
  const { id: municipality } = useMunicipality();
  const { data: found, error, refetch } = useQuery({
    queryKey: ["incident replay", id, hours, after],
    queryFn: () => data(api.GET("/api/v1/geo/incidents/{incident}/timeline", {
      params: { path: { incident: id }, query: { hours_before: Number(hours), hours_after: after, resolution: SPANS[hours][1], municipality_id: municipality } },
    })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  return { found, error, again: () => void refetch() };
}

/** The incident played again: the slider goes through time; map, chart and values show what was known then. */
export function Replay({ whole }: { whole: Whole }): ReactNode {
  const t = useTranslations("incidents");
  const [hours, setHours] = useState<Hours>("6");
  const { found, error, again } = useReplayed(whole.incident.id, hours, hoursAfter(whole.incident, whole.story));
  const span = <Choice label={t("before")} labelHidden value={hours} onChange={setHours} options={(Object.keys(SPANS) as Hours[]).map((each) => ({ id: each, name: t("hoursBefore", { hours: Number(each) }) }))} />;
  return (
    <Panel title={t("replay")} actions={span}>
      {found && <Playing replayed={found} whole={whole} />}
      {!found && (error ? <Failed problem={error} retry={again} /> : <Loading />)}
    </Panel>
  );
}

function Playing({ replayed, whole }: { replayed: Replayed; whole: Whole }): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const format = useFormat();
  const [isMapped, setMapped] = useState(false);
  const { at, setAt, from, to, step, isRunning, play } = usePlaying(replayed);
  const lines = useMemo(() => linesOf(replayed, (unit) => converter(format, unit)), [replayed, format]);
  const alerts = useMemo(() => allAlerts(whole.alerts, replayed.related_alerts), [whole.alerts, replayed]);
  const alarms = useMemo(() => alarmsAt(alerts, at), [alerts, at]);
  const status = statusAt(whole.incident, whole.story, at);
  return (
    <div className={css["replay"]}>
      {isMapped && <ReplayMap whole={whole} replayed={replayed} lines={lines} alarms={alarms} at={at} />}
      {lines.length === 0 && <Empty>{t("noReadings")}</Empty>}
      {lines.length > 0 && (
        <Suspense fallback={<Loading />}>
          <Chart label={t("replay")} lines={lines.slice(0, MOST_DRAWN).map((line) => until(line, at))} view={{ length: to - from, end: to }} marks={marksOf(alerts, at, titleOf)} height={220} still />
        </Suspense>
      )}
      <div className={css["moment"]}>
        <Button icon={isRunning ? "pause" : "play"} onPress={play}>{isRunning ? t("pause") : t("play")}</Button>
        <Button icon="map" aria-pressed={isMapped} onPress={() => setMapped(!isMapped)}>{t(isMapped ? "withoutMap" : "withMap")}</Button>
        <bdi>{format.dateTime(at)}</bdi>
        <span className={own["status"]} data-status-then={status ?? "none"}>{status ? app(`status.${status}`) : t("notYet")}</span>
      </div>
      <Slider at={at} setAt={setAt} from={from} to={to} step={step} />
      <ol className={css["alarms"]} aria-label={t("alarmsThen")}>
        {alarms.map((alert) => (
          <li key={alert.id}>
            <PriorityMark severity={alert.severity} hollow={alert.status !== "open"} />
            <Link href={`/alarms/${alert.id}`} dir="auto">{titleOf(alert)}</Link>
          </li>
        ))}
      </ol>
      <Values lines={lines} at={at} />
      <Happened whole={whole} at={at} />
    </div>
  );
}

interface Playing {
  at: number;
  setAt: (change: (now: number) => number) => void;
  from: number;
  to: number;
  step: number;
  isRunning: boolean;
  play: () => void;
}

/** The clock of a replay: it stands at the end until somebody plays it or moves the slider. */
function usePlaying(replayed: Replayed): Playing {
  const from = Date.parse(replayed.metadata.start_time);
  const to = Math.max(from + 1, Date.parse(replayed.metadata.end_time));
  const [chosen, setChosen] = useState<number | null>(null);
  const [isPlaying, setPlaying] = useState(false);
  const at = Math.min(to, Math.max(from, chosen ?? to));
  const isRunning = isPlaying && at < to;
  const step = (to - from) / STEPS;
  const setAt = useCallback((change: (now: number) => number): void => setChosen((now) => change(now ?? to)), [to]);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setAt((now) => Math.min(to, now + step)), EVERY);
    return () => clearInterval(timer);
  }, [isRunning, step, to, setAt]);
  const play = (): void => {
    if (!isRunning && at >= to) setChosen(from);
    setPlaying(!isRunning);
  };
  return { at, setAt, from, to, step, isRunning, play };
}

function Slider({ at, setAt, from, to, step }: Omit<Playing, "isRunning" | "play">): ReactNode {
  const t = useTranslations("incidents");
  const format = useFormat();
  return (
    <input type="range" min={from} max={to} step="any" value={at} aria-label={t("moment")} aria-valuetext={format.dateTime(at)} dir="ltr"
      onChange={({ target }) => {
        const wanted = Number(target.value);
        setAt(() => wanted);
      }}
      onKeyDown={(event) => {
        const by = { ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        setAt((now) => Math.min(to, Math.max(from, now + by)));
      }} />
  );
}

function Values({ lines, at }: { lines: readonly Line[]; at: number }): ReactNode {
  const format = useFormat();
  return (
    <table>
      <tbody>
        {lines.slice(0, MOST_DRAWN).map((line) => {
          const known = valueAt(line, at);
          return (
            <tr key={line.id}>
              <th scope="row"><bdi>{line.name}</bdi></th>
              <td><bdi>{known ? format.value(known.value, line.unit) : "–"}</bdi></td>
              <td><small>{known && <bdi>{format.time(known.at)}</bdi>}</small></td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const SHOWN = 4;

/** The newest of what people had done by then, and the photos that were there. */
function Happened({ whole, at }: { whole: Whole; at: number }): ReactNode {
  const t = useTranslations("incidents");
  const format = useFormat();
  const words = useStepWords();
  const happened = whole.story.filter((each) => Date.parse(each.at) <= at).slice(-SHOWN);
  const files = whole.files.filter((file) => Date.parse(file.added_at) <= at && file.media_type.startsWith("image/"));
  return (
    <>
      <ol className={css["story"]} aria-label={t("untilThen")}>
        {happened.map((each) => (
          <li key={each.number}>
            <small><bdi>{format.dateTime(each.at)}</bdi></small>
            <p dir="auto">{words(each, whole.files, whole.alerts)}</p>
          </li>
        ))}
      </ol>
      {files.length > 0 && (
        <ul className={own["photos"]} aria-label={t("photosThen")}>
          {files.slice(-SHOWN).map((file) => <li key={file.id}><Thumb file={file} /></li>)}
        </ul>
      )}
    </>
  );
}

function Thumb({ file }: { file: Attachment }): ReactNode {
  const address = useFile(file);
  return address ? <img src={address} alt={file.name} /> : <bdi>{file.name}</bdi>;
}

function marksOf(alerts: readonly LinkedAlert[], at: number, titleOf: ReturnType<typeof useTitle>): Mark[] {
  return alerts
    .filter((alert) => Date.parse(alert.raised_at) <= at)
    .map((alert) => ({
      key: String(alert.id), kind: "alert", from: Date.parse(alert.raised_at),
      to: alert.resolved_at ? Math.min(at, Date.parse(alert.resolved_at)) : at,
      title: titleOf(alert), severity: alert.severity, hollow: alert.acknowledged_at !== null && Date.parse(alert.acknowledged_at) <= at, href: `/alarms/${alert.id}`,
    }));
}
