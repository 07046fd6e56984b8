import { useMemo, useState, type KeyboardEvent, type ReactNode } from "react";
import type { Selection } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useLocation, useSearchParams } from "wouter";
import { useMay } from "@/api/may";
import { useSession } from "@/api/use-session";
import type { Alert } from "@/live/situation";
import { useActiveAlerts, useLine, useSituation } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { Empty, Loading } from "@/parts/states";
import { useNow } from "@/parts/use-now";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { useDeeds, type Deed } from "./actions";
import { AlarmList } from "./AlarmList";
import { Asking, type Asked } from "./Asking";
import { Detail } from "./Detail";
import { Filters, SEARCH_ID } from "./Filters";
import { canBe, choose, searchOf, wantedFrom, type Wanted } from "./list";
import { Shortcuts } from "./Shortcuts";
import css from "./Screen.module.css";

const NONE: Selection = new Set();

/** The active alarms, and beside them the one that is open. */
export function Active({ open }: { open: number | null }): ReactNode {
  const t = useTranslations("alarms");
  const [search, setSearch] = useSearchParams();
  const [, navigate] = useLocation();
  const { loaded } = useLine();
  const wanted = useMemo(() => wantedFrom(search), [search]);
  const alerts = useActiveAlerts();
  const shown = useShown(alerts, wanted);
  const [picked, setPicked] = useState<Selection>(NONE);
  const [isHelp, setHelp] = useState(false);
  const selected = useMemo(() => shown.filter((alert) => picked === "all" || picked.has(alert.id)), [shown, picked]);
  const change = (part: Partial<Wanted>): void => setSearch(searchOf({ ...wanted, ...part }), { replace: true });
  const query = search.size > 0 ? `?${search}` : "";
  const go = (id: number | null): void => navigate(`/alarms${id === null ? "" : `/${id}`}${query}`);
  const doing = useDoing(selected, shown, () => setPicked(NONE));

  const onKey = (event: KeyboardEvent, focused: number | null): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") document.getElementById(SEARCH_ID)?.focus();
    else if (event.key === "?") setHelp(true);
    else if (event.key === "Escape" && open !== null && selected.length === 0) go(null);
    else if (!doing.key(event.key.toLowerCase(), event.shiftKey, focused)) return;
    event.preventDefault();
  };
  const isNothing = alerts.length === 0;
  return (
    <div className={css["both"]}>
      <section className={css["pane"]} aria-label={t("title")}>
        <Filters wanted={wanted} change={change} alerts={alerts} />
        {selected.length > 0 && <Bulk selected={selected} doing={doing} clear={() => setPicked(NONE)} />}
        {loaded ? (
          <AlarmList alerts={shown} grouping={wanted.grouping} open={open} selected={picked} onSelect={setPicked} onOpen={go} onKey={onKey}
            label={t("title")}
            empty={isNothing ? <Empty>{t("quiet")}</Empty> : (
              <Empty action={<Button onPress={() => setSearch(new URLSearchParams())}>{t("showAll")}</Button>}>{t("noneSo")}</Empty>
            )} />
        ) : <Loading />}
        <p className={css["foot"]}>
          <span role="status">{t("counted", { shown: shown.length, all: alerts.length })}</span>
          <Shortcuts isOpen={isHelp} setOpen={setHelp} />
        </p>
      </section>
      <section className={css["aside"]} aria-label={t("one")}>
        {open === null ? <Empty>{t("chooseOne")}</Empty> : <Detail key={open} id={open} onClose={() => go(null)} />}
      </section>
      {doing.asking}
    </div>
  );
}

function useShown(alerts: readonly Alert[], wanted: Wanted): Alert[] {
  const situation = useSituation();
  const titleOf = useTitle();
  const why = useReason();
  const standing = useSession();
  const minute = useNow(10_000); // shelves end; that they do is seen soon enough
  const me = standing.at === "inside" ? standing.person.id : null;
  return useMemo(() => choose(alerts, wanted, minute, me, (alert) => {
    const sensor = alert.sensor_id === null ? undefined : situation.sensors.get(alert.sensor_id);
    return [titleOf(alert), why(alert), sensor?.name, sensor?.device_id].join(" ");
  }), [alerts, wanted, minute, me, situation, titleOf, why]);
}

interface Doing {
  ask: (what: Asked) => void;
  now: (what: "acknowledge" | "start") => void;
  /** Do what a key stands for; whether it stands for anything. */
  key: (key: string, shift: boolean, focused: number | null) => boolean;
  asking: ReactNode;
  isBusy: boolean;
}

/** What is done with the selected alarms, or with the one that has the focus where none is selected. */
function useDoing(selected: readonly Alert[], shown: readonly Alert[], clear: () => void): Doing {
  const may = useMay();
  const { act, isBusy } = useDeeds();
  const [asked, setAsked] = useState<{ what: Asked; alerts: readonly Alert[] } | null>(null);
  const ones = (focused: number | null): readonly Alert[] =>
    selected.length > 0 ? selected : shown.filter((alert) => alert.id === focused);
  const run = (alerts: readonly Alert[], deed: Deed, then = clear): void => {
    const fit = alerts.filter((alert) => fits(alert, deed.do));
    if (fit.length > 0) act(fit, deed, then);
  };
  return {
    ask: (what) => setAsked({ what, alerts: selected }),
    now: (what) => run(selected, { do: what, note: "" }),
    key: (key, shift, focused) => {
      const alerts = ones(focused);
      if (!may("alerts.handle") || alerts.length === 0) return false;
      if (key === "a" && !shift) run(alerts, { do: "acknowledge", note: "" });
      else if (key === "w") run(alerts, { do: "start", note: "" });
      else if (key in ASKED || key === "a") setAsked({ what: ASKED[key] ?? "acknowledge", alerts });
      else return false;
      return true;
    },
    asking: asked && (
      <Asking asked={asked.what} alerts={asked.alerts} isBusy={isBusy} onClose={() => setAsked(null)}
        // What was written stays where it is until the server has it.
        onDeed={(deed) => run(asked.alerts, deed, () => {
          setAsked(null);
          clear();
        })} />
    ),
    isBusy,
  };
}

const ASKED: Readonly<Record<string, Asked>> = { r: "resolve", h: "shelve", p: "assign", n: "acknowledge" };

function fits(alert: Alert, what: Deed["do"]): boolean {
  const can = canBe(alert);
  if (what === "acknowledge") return can.acknowledged;
  if (what === "start") return can.started;
  if (what === "resolve") return can.resolved;
  return true;
}

function Bulk({ selected, doing, clear }: { selected: readonly Alert[]; doing: Doing; clear: () => void }): ReactNode {
  const t = useTranslations("alarms");
  const may = useMay();
  const isNew = selected.some((alert) => alert.status === "open");
  return (
    <div className={css["bulk"]} role="group" aria-label={t("selected", { count: selected.length })}>
      <b>{t("selected", { count: selected.length })}</b>
      {may("alerts.handle") && (
        <>
          {isNew && <Button kind="primary" icon="check" isDisabled={doing.isBusy} onPress={() => doing.now("acknowledge")}>{t("deeds.acknowledge")}</Button>}
          {isNew && <Button isDisabled={doing.isBusy} onPress={() => doing.ask("acknowledge")}>{t("withNote")}</Button>}
          <Button isDisabled={doing.isBusy} onPress={() => doing.ask("assign")}>{t("deeds.assign")} …</Button>
          <Button isDisabled={doing.isBusy} onPress={() => doing.ask("shelve")}>{t("deeds.shelve")} …</Button>
          <Button isDisabled={doing.isBusy} onPress={() => doing.ask("resolve")}>{t("deeds.resolve")} …</Button>
        </>
      )}
      <Button kind="quiet" icon="close" aria-label={t("clear")} onPress={clear} />
    </div>
  );
}
