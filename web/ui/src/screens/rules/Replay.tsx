import { useMutation } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, now, type Schemas } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { useSituation } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { Chart } from "@/parts/chart/Chart";
import type { Mark } from "@/parts/chart/marks";
import { PRESETS, spanOf, type Preset, type View } from "@/parts/chart/span";
import { useAsked, useSeries } from "@/parts/chart/use-series";
import { Panel } from "@/parts/Panel";
import { PriorityMark } from "@/parts/PriorityMark";
import { Empty, Failed } from "@/parts/states";
import { useReason } from "@/parts/use-reason";
import { ComparedLegend, useCompared } from "./Compared";
import { SensorChoice } from "./SensorChoice";
import css from "./Rules.module.css";

type WouldBe = Schemas["WouldBe"];
type RuleIn = Schemas["RuleIn"];
const SPANS = ["24h", "7d", "30d"] as const satisfies Preset[];
const MOST_LISTED = 50;
const PIXELS = 800;

interface Asked {
  rule: RuleIn;
  view: View;
}

function useReplay() {
  const { id: municipality_id } = useMunicipality();
  return useMutation({
    mutationFn: async (asked: Asked) => {
      const { from, to } = spanOf(asked.view, now());
      const found = await data(api.POST("/api/v1/rules/replay", {
        body: { from: new Date(from).toISOString(), to: new Date(to).toISOString(), rule: { ...asked.rule, municipality_id } },
      }));
      return { found, asked: said(asked.rule) };
    },
  });
}

/** What a rule would have raised in a time that has passed, drawn on the readings of that time. */
export function Replay({ rule, preferred }: { rule: RuleIn | null; preferred: number | null }): ReactNode {
  const t = useTranslations("rules");
  const [view, look] = useState<View>({ length: PRESETS["7d"], end: null });
  const [chosen, choose] = useState<number | null>(null);
  const replay = useReplay();
  const raised = useMemo(() => replay.data?.found ?? [], [replay.data]);
  const concerned = useConcerned(rule);
  // Until it is said which sensors are meant, the one that somebody came from is shown.
  const sensor = rule ? firstOf([rule.sensor_id, chosen, raised[0]?.sensor_id, preferred, concerned[0]], concerned) : preferred;
  return (
    <Panel title={t("replay")}>
      <div className={css["form"]}>
        <p className={css["soft"]}>{t("replayWhat")}</p>
        <Ask view={view} look={look} start={rule && (() => replay.mutate({ rule, view }))} isBusy={replay.isPending} />
        {!rule && <p role="status">{t("notWhole")}</p>}
        {replay.error && <Failed problem={replay.error} />}
        {rule && !rule.sensor_id && <SensorChoice label={t("shownSensor")} value={sensor} onChange={choose} only={concerned} />}
        {sensor !== null && <Shown rule={rule} sensor={sensor} view={view} look={look} raised={raised} />}
        {replay.data && <Told raised={raised} isOld={rule !== null && replay.data.asked !== said(rule)} picked={sensor} pick={choose} />}
      </div>
    </Panel>
  );
}

/** The first of these that the rule is about. */
export function firstOf(wanted: readonly (number | null | undefined)[], concerned: readonly number[]): number | null {
  return wanted.find((each) => typeof each === "number" && concerned.includes(each)) ?? null;
}

function Ask({ view, look, start, isBusy }: { view: View; look: (view: View) => void; start: (() => void) | null; isBusy: boolean }): ReactNode {
  const t = useTranslations("rules");
  const may = useMay();
  return (
    <div className={css["acts"]} role="group" aria-label={t("replaySpan")}>
      {SPANS.map((each) => (
        <Button key={each} aria-pressed={view.end === null && view.length === PRESETS[each]} onPress={() => look({ length: PRESETS[each], end: null })}>
          {t(`spans.${each}`)}
        </Button>
      ))}
      {may("rules.edit") && (
        <Button icon="play" isDisabled={!start || isBusy} onPress={() => start?.()}>
          {isBusy ? t("replaying") : t("replayNow")}
        </Button>
      )}
    </div>
  );
}

function Told({ raised, isOld, picked, pick }: { raised: readonly WouldBe[]; isOld: boolean; picked: number | null; pick: (sensor: number) => void }): ReactNode {
  const t = useTranslations("rules");
  const episodes = raised.reduce((sum, each) => sum + each.episodes.length, 0);
  const sensors = new Set(raised.map((each) => each.sensor_id)).size;
  return (
    <>
      <div role="status">
        {isOld && <p className={css["old"]}>{t("changedSince")}</p>}
        <p data-testid="would"><strong>{t("wouldHave", { alarms: raised.length, episodes, sensors })}</strong></p>
      </div>
      {raised.length === 0 && <Empty>{t("wouldNothing")}</Empty>}
      <ol className={css["would"]}>
        {raised.slice(0, MOST_LISTED).map((each) => (
          <Would key={`${each.sensor_id}${each.raised_at}`} would={each} pick={() => pick(each.sensor_id)} isPicked={each.sensor_id === picked} />
        ))}
      </ol>
      {raised.length > MOST_LISTED && <p>{t("wouldMore", { count: raised.length - MOST_LISTED })}</p>}
    </>
  );
}

/** What of a rule a replay hangs on: its name and whether it is on do not matter. */
function said(rule: RuleIn): string {
  return JSON.stringify([rule.condition, rule.sensor_id, rule.sensor_type, rule.resolve_when_cleared]);
}

/** The sensors that a rule is about, by name. */
function useConcerned(rule: RuleIn | null): number[] {
  const situation = useSituation();
  if (!rule) return [];
  const isAbout = (each: { id: number; sensor_type: string }): boolean =>
    rule.sensor_id ? each.id === rule.sensor_id : !rule.sensor_type || each.sensor_type === rule.sensor_type;
  return situation.list().filter(isAbout).map((each) => each.id);
}

function Would({ would, pick, isPicked }: { would: WouldBe; pick: () => void; isPicked: boolean }): ReactNode {
  const why = useReason();
  const t = useTranslations("rules");
  const format = useFormat();
  const situation = useSituation();
  return (
    <li data-would={would.sensor_id}>
      <PriorityMark severity={would.severity} hollow size={18} />
      <div>
        <Button kind="quiet" aria-pressed={isPicked} onPress={pick}>{situation.sensors.get(would.sensor_id)?.name ?? would.sensor_id}</Button>
        <p dir="auto">{why({ sensor_id: would.sensor_id, description: would.evidence.words, evidence: would.evidence })}</p>
        <small>
          <bdi>{format.dateTime(would.raised_at)}</bdi> – <bdi>{would.cleared_at ? format.dateTime(would.cleared_at) : t("stillOn")}</bdi>
        </small>
      </div>
    </li>
  );
}

function Shown({ rule, sensor, view, look, raised }: {
  rule: RuleIn | null; sensor: number; view: View; look: (view: View) => void; raised: readonly WouldBe[];
}): ReactNode {
  const t = useTranslations("rules");
  const why = useReason();
  const ids = useMemo(() => [sensor], [sensor]);
  const { lines, problem, retry } = useSeries(ids, view, PIXELS);
  const drawn = useCompared(rule, sensor, useAsked(view, PIXELS));
  const marks = useMemo(() => wouldMarks(raised.filter((each) => each.sensor_id === sensor), t("wouldRaise"), why), [raised, sensor, t, why]);
  if (problem !== null && lines.length === 0) return <Failed problem={problem} retry={retry} />;
  return (
    <>
      <Chart
        label={t("replayOf", { name: lines[0]?.name ?? "" })}
        lines={lines}
        view={view}
        onView={look}
        usual={drawn.band}
        bandIs="compared"
        marks={marks}
        limits={drawn.limits}
        height={260}
      />
      {rule && <ComparedLegend rule={rule} id={sensor} drawn={drawn} raised={marks.length} />}
    </>
  );
}

/** Each time that the condition would have held, as a mark of the chart. */
export function wouldMarks(raised: readonly WouldBe[], title: string, why: ReturnType<typeof useReason>): Mark[] {
  return raised.flatMap((each) => each.episodes.map((episode, index) => ({
    key: `would${each.sensor_id}${episode.raised_at}${index}`,
    kind: "would" as const,
    from: Date.parse(episode.raised_at),
    to: episode.cleared_at ? Date.parse(episode.cleared_at) : null,
    title: `${title}: ${why({ sensor_id: each.sensor_id, description: episode.evidence.words, evidence: episode.evidence })}`,
    severity: each.severity,
    hollow: true,
    href: null,
  })));
}
