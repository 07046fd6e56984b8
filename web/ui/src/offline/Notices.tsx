import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, session } from "@/api/client";
import { problemFrom } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { Sheet } from "@/parts/Sheet";
import { useWords } from "@/parts/states";
import { tell } from "@/parts/toasts";
import type { Item } from "./deeds";
import type { Overtaken } from "./outbox";
import { orKept } from "./kept";
import { program, renew, subscribe } from "./program";
import { outbox, useProgress, useWaiting } from "./use-outbox";
import css from "./Notices.module.css";

/** Quiet lines over the screen: what is waiting to be sent, and that there is a newer version. */
export function Notices(): ReactNode {
  return (
    <>
      <WaitingNotice />
      <NewerNotice />
      <OvertakenNotice />
      <Leaving />
    </>
  );
}

function WaitingNotice(): ReactNode {
  const t = useTranslations("offline");
  const items = useWaiting();
  const [isOpen, setOpen] = useState(false);
  const stuck = items.filter((each) => each.state !== "waiting").length;
  if (items.length === 0 && !isOpen) return null;
  return (
    <div className={css["notice"]} role="status" data-stuck={stuck > 0 || undefined} data-waiting={items.length}>
      <span>{t("waiting", { count: items.length })}{stuck > 0 && ` ${t("stuck", { count: stuck })}`}</span>
      <Button onPress={() => setOpen(true)}>{t("look")}</Button>
      <Sheet title={t("title")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>{t("about")}</p>
        <WaitingList items={items} />
        {items.some((each) => each.state === "waiting") && <Button onPress={() => void outbox.flush()}>{t("sendNow")}</Button>}
      </Sheet>
    </div>
  );
}

function WaitingList({ items }: { items: readonly Item[] }): ReactNode {
  const t = useTranslations("offline");
  if (items.length === 0) return <p>{t("nothing")}</p>;
  return (
    <ol className={css["list"]}>
      {items.map((item) => <Waiting key={item.number} item={item} />)}
    </ol>
  );
}

/** One thing that waits, what stands against it, and what can be done. */
export function Waiting({ item }: { item: Item }): ReactNode {
  const t = useTranslations("offline");
  const app = useTranslations("app");
  const words = useWords();
  const progress = useProgress(item.number);
  const why = item.changed ? t("changed", { status: app(`status.${item.changed}`) }) : item.problem ? words(problemFrom(item.problem)) : item.why || t("changedMeanwhile");
  return (
    <li data-state={item.state}>
      <div>
        <b>{t(`kinds.${item.deed.kind}`)}</b> <span dir="auto">{aboutOf(item)}</span>
        <p><Ago at={item.at} /> · {outbox.isHeld(item) && item.state === "waiting" ? t("held") : t(`states.${item.state}`)}</p>
        {why && item.state === "refused" && <p role="alert" dir="auto">{why}</p>}
        {progress !== null && <progress value={progress} max={1} aria-label={t("uploading")} />}
      </div>
      <div className={css["buttons"]}>
        {item.state !== "waiting" && <Button onPress={() => void outbox.retry(sendable(item))}>{t("again")}</Button>}
        <Button kind="quiet" icon="trash" aria-label={t("discard")} onPress={() => void outbox.discard(item)} />
      </div>
    </li>
  );
}

/** Who sends a status or a tick again has seen what is so now. */
function sendable(item: Item): Item {
  const { deed, changed } = item;
  if (deed.kind === "tick") return { ...item, deed: { ...deed, version: null } };
  return deed.kind === "status" && changed ? { ...item, deed: { ...deed, before: changed } } : item;
}

function aboutOf({ deed }: Item): string {
  switch (deed.kind) {
    case "incident":
      return deed.body.title;
    case "incidentOfAlert":
      return deed.body.title ?? "";
    case "comment":
      return deed.comment.slice(0, 120);
    case "item":
      return deed.text.slice(0, 120);
    case "tick":
      return `${deed.isDone ? "☑" : "☐"} ${deed.text.slice(0, 120)}`;
    case "photo":
      return deed.name;
    case "acknowledge":
      return deed.title;
    case "status":
      return "";
  }
}

/** Tells whoever comes back late that somebody else has done meanwhile what they wrote down. */
function OvertakenNotice(): ReactNode {
  const t = useTranslations("offline");
  const { id } = useMunicipality();
  const { data: found } = useQuery({
    queryKey: ["colleagues", id, "kept"],
    queryFn: () => orKept(id, "colleagues", () =>
      data(api.GET("/api/v1/colleagues", { params: { query: { limit: 1000, municipality_id: id } } }))),
    staleTime: 300_000,
  });
  const colleagues = found?.value;
  useEffect(() => {
    const onOvertaken = (event: Event): void => {
      const { item, by } = (event as CustomEvent<Overtaken>).detail;
      const name = colleagues?.find((each) => each.id === by)?.name ?? t("somebody");
      tell(t("overtaken", { name, title: aboutOf(item) }));
    };
    outbox.addEventListener("overtaken", onOvertaken);
    return () => outbox.removeEventListener("overtaken", onOvertaken);
  }, [colleagues, t]);
  return null;
}

function NewerNotice(): ReactNode {
  const t = useTranslations("offline");
  const state = useSyncExternalStore(subscribe, program);
  const [isLater, setLater] = useState(false);
  if (state.is !== "newer" || isLater) return null;
  return (
    <div className={css["notice"]} role="status">
      <span>{t("newer")}</span>
      <Button onPress={renew}>{t("reload")}</Button>
      <Button kind="quiet" onPress={() => setLater(true)}>{t("later")}</Button>
    </div>
  );
}

/** Why this browser can't open without a connection, where that is so; for the account's page. */
export function ProgramNote(): ReactNode {
  const t = useTranslations("offline");
  const state = useSyncExternalStore(subscribe, program);
  if (state.is === "unknown") return null;
  return <Panel title={t("device")}><p>{t(`program.${state.is}`)}</p></Panel>;
}

/** Asks before somebody signs out whose words have not been sent. */
function Leaving(): ReactNode {
  const t = useTranslations("offline");
  const [answer, setAnswer] = useState<((leave: boolean) => void) | null>(null);
  useEffect(() => {
    session.mayLeave = () =>
      outbox.items.length === 0
        ? Promise.resolve(true)
        : new Promise((resolve) => {
            setAnswer(() => resolve);
          });
    return () => {
      session.mayLeave = () => Promise.resolve(true);
    };
  }, []);
  const say = (leave: boolean): void => {
    setAnswer(null);
    const { person } = session;
    // Only once they are really out: without a connection nobody can sign out, and nothing may be lost for it.
    if (leave && person) {
      session.addEventListener("change", () => {
        if (session.standing.at === "outside") void outbox.discardAllOf(person.id);
      }, { once: true });
    }
    answer?.(leave);
  };
  return (
    <Sheet title={t("leaving")} isOpen={answer !== null} onClose={() => say(false)}>
      <p>{t("wouldBeLost", { count: outbox.items.length })}</p>
      <div className={css["buttons"]}>
        <Button kind="primary" onPress={() => say(false)}>{t("stay")}</Button>
        <Button kind="danger" onPress={() => say(true)}>{t("leaveAnyway")}</Button>
      </div>
    </Sheet>
  );
}
