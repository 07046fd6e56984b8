import { Suspense, useMemo, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useSearchParams } from "wouter";
import { useMunicipality } from "@/app/municipality";
import { SCREENS } from "@/app/screens";
import { useFormat } from "@/format/use-format";
import { SEVERITIES } from "@/live/situation";
import { useActiveAlerts, useLine } from "@/live/use-live";
import { PriorityMark } from "@/parts/PriorityMark";
import { Loading } from "@/parts/states";
import { useNow } from "@/parts/use-now";
import { useAlarmSound } from "@/sound/use-siren";
import OverviewScreen from "@/screens/overview/Screen";
import { Alarms, Sensors } from "./Turns";
import { planOf, type Turn } from "./plan";
import { SelfHealing } from "./SelfHealing";
import { useAwake, useDailyReload, useLargeLetters, useTokenFromAddress, useTurn, useWayOut } from "./use-wall";
import css from "./Wall.module.css";

/** The big display: screens in turn, nothing to operate, and nobody needed after a disconnect. */
export default function WallScreen(): ReactNode {
  const [search] = useSearchParams();
  const plan = useMemo(() => planOf(search), [search]);
  const hasMap = SCREENS.some((each) => each.name === "map");
  const turns = useMemo(() => plan.turns.filter((each) => each.kind !== "map" || hasMap), [plan, hasMap]);
  const turn = turns[useTurn(turns.length, plan.every)] ?? { kind: "overview" as const };
  const { line } = useLine();
  const hasWayOut = useWayOut();
  useTokenFromAddress();
  useAwake();
  useLargeLetters();
  useDailyReload(line.is === "live");
  useAlarmSound(plan.sound);
  return (
    // Nothing leads away from a wall: links of the screens that it shows do nothing here.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events
    <main
      className={css["wall"]}
      data-turn={turn.kind}
      onClickCapture={(event) => {
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <Strip hasWayOut={hasWayOut} />
      <div className={css["body"]}>
        <SelfHealing key={keyOf(turn)}>
          <Suspense fallback={<Loading />}>
            <Shown turn={turn} />
          </Suspense>
        </SelfHealing>
      </div>
    </main>
  );
}

function keyOf(turn: Turn): string {
  return turn.kind === "sensors" ? `sensors ${turn.ids.join()}` : turn.kind;
}

function Shown({ turn }: { turn: Turn }): ReactNode {
  const map = SCREENS.find((each) => each.name === "map");
  if (turn.kind === "alarms") return <Alarms />;
  if (turn.kind === "sensors") return <Sensors ids={turn.ids} />;
  if (turn.kind === "map" && map) return <map.body />;
  return <OverviewScreen />;
}

/** Over every turn: where, what is new, what time it is, and in big letters when it is not true now. */
function Strip({ hasWayOut }: { hasWayOut: boolean }): ReactNode {
  const t = useTranslations("wall");
  const app = useTranslations("app");
  const { name } = useMunicipality();
  const { line, freshest, overdue } = useLine();
  const now = useNow();
  const format = useFormat();
  const fresh = useActiveAlerts().filter((alert) => alert.status === "open");
  const isLost = line.is === "lost" && now - line.since > 2000;
  const isStale = !isLost && freshest !== null && now - freshest > overdue;
  return (
    <header className={css["strip"]} data-lost={isLost || undefined} data-state={line.is} data-stale={isStale || undefined}>
      <b dir="auto">{name}</b>
      <span className={css["counts"]}>
        {SEVERITIES.slice(0, 4).map((severity) => {
          const count = fresh.filter((alert) => alert.severity === severity).length;
          return (
            <span key={severity} data-none={count === 0 || undefined} data-new={count > 0 || undefined}>
              <PriorityMark severity={severity} hollow={count === 0} size={32} /> {count}
              <span className="visually-hidden">{app("alarmCount", { count, severity: app(`severity.${severity}`) })}</span>
            </span>
          );
        })}
      </span>
      {isLost
        ? <strong role="alert">{t("lost", { age: format.duration(now - (freshest ?? line.since)) })}</strong>
        : isStale ? <strong role="alert">{app("line.stale", { age: format.duration(now - (freshest ?? now)) })}</strong>
        : <span className={css["soft"]}>{t("live")}{freshest !== null && ` · ${format.ago(freshest, now)}`}</span>}
      {hasWayOut && <small className={css["soft"]}><kbd>Esc</kbd> {t("leave")}</small>}
      <time dateTime={new Date(now).toISOString()}>{format.time(now)}</time>
    </header>
  );
}
