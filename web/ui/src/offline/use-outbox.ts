import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { useTranslations } from "use-intl";
import { now, session } from "@/api/client";
import { problemFrom } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { tellDone, useTellFailed } from "@/parts/toasts";
import type { Deed, Item } from "./deeds";
import { forgetOthers, shelf } from "./kept";
import { Outbox, OutboxFull } from "./outbox";
import { reaches, send } from "./sending";

const LOCK = "weir.outbox";
const AGAIN = 15_000;
const tabs = new BroadcastChannel(LOCK);

/** The one outbox of this page. */
export const outbox = new Outbox(shelf, {
  person: () => session.person?.id ?? null,
  now,
  reaches,
  send,
  alone: async (work) => (navigator.locks ? await navigator.locks.request(LOCK, work) : await work()),
  tell: () => tabs.postMessage("changed"),
});
tabs.onmessage = () => void outbox.look();

/** What is kept belongs to whoever is in: it goes when they leave, and is none of the next one's business. */
let who: number | null = null;
function follow(): void {
  const { standing } = session;
  if (standing.at !== "inside" && standing.at !== "outside") return;
  const person = session.person?.id ?? null;
  if (person !== null || standing.at === "outside") void forgetOthers(person);
  if (person !== who) void outbox.look();
  who = person;
  if (person !== null) void outbox.flush();
}
session.addEventListener("change", follow);
// Somebody may be in already: without a connection that is known before this part of the program is loaded.
follow();
addEventListener("online", () => void outbox.flush());
setInterval(() => {
  if (outbox.items.some((each) => each.state === "waiting")) void outbox.flush();
}, AGAIN);

function subscribe(listener: () => void): () => void {
  outbox.addEventListener("change", listener);
  return () => outbox.removeEventListener("change", listener);
}

/** What this person wrote and the server does not have yet. */
export function useWaiting(): readonly Item[] {
  const items = useSyncExternalStore(subscribe, () => outbox.items);
  const { id } = useMunicipality();
  return items.filter((each) => each.municipality === id);
}

/** How far the upload of a file is, 0 to 1; null before it began. */
export function useProgress(number: number): number | null {
  return useSyncExternalStore(subscribe, () => outbox.progress.get(number) ?? null);
}

/** Have something done whenever one of the waiting things has been sent. */
export function useSent(then: () => void): void {
  useEffect(() => {
    outbox.addEventListener("sent", then);
    return () => outbox.removeEventListener("sent", then);
  }, [then]);
}

type Delivered = Awaited<ReturnType<Outbox["deliver"]>>;

/** Gives the way to write something so that it can't be lost, and whether that is under way. */
export function useDeliver(): { deliver: (deed: Deed) => Promise<Delivered | null>; isBusy: boolean } {
  const t = useTranslations("offline");
  const { id } = useMunicipality();
  const failed = useTellFailed();
  const [isBusy, setBusy] = useState(false);
  const deliver = useCallback(async (deed: Deed): Promise<Delivered | null> => {
    setBusy(true);
    try {
      const became = await outbox.deliver(deed, id);
      if (became.is === "waiting") tellDone(t("keptForLater"));
      if (became.is === "refused") failed(became.problem ? problemFrom(became.problem) : new Error(became.why || t("changedMeanwhile")));
      return became;
    } catch (problem) {
      failed(problem instanceof OutboxFull ? new Error(t("full")) : problem);
      return null;
    } finally {
      setBusy(false);
    }
  }, [id, t, failed]);
  return { deliver, isBusy };
}
