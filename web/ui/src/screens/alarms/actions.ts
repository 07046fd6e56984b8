import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { api, data, session } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import type { Alert } from "@/live/situation";
import { useSituation } from "@/live/use-live";
import { outbox } from "@/offline/use-outbox";
import { tell, tellDone, useTellFailed } from "@/parts/toasts";
import { useNameOf } from "./people";

/** The server takes so many at once. */
const AT_ONCE = 500;

export type Deed =
  | { do: "acknowledge" | "start" | "resolve" | "close" | "unshelve"; note: string }
  | { do: "shelve"; minutes: number; note: string }
  | { do: "assign"; to: number | null; note: string }
  | { do: "comment"; note: string };

/**
 * What people do about alarms. What the server answers is shown at once, here; others see it by the
 * live line. Where it refuses, the alarm is fetched anew: somebody else was faster, and theirs is shown.
 */
export function useDeeds(): { act: (alerts: readonly Alert[], deed: Deed, done?: () => void) => void; isBusy: boolean } {
  const situation = useSituation();
  const queries = useQueryClient();
  const failed = useTellFailed();
  const { id: municipality } = useMunicipality();
  const t = useTranslations("alarms");
  const offline = useTranslations("offline");
  const nameOf = useNameOf();
  const { mutate, isPending } = useMutation({
    mutationFn: async ({ alerts, deed }: { alerts: readonly Alert[]; deed: Deed }) => {
      const take = (alert: Alert): void => situation.take(alert);
      const later = (problem: unknown): Promise<Came> => {
        if (deed.do !== "acknowledge" || !(problem instanceof ApiProblem) || !problem.isUnreachable) throw problem;
        return keepForLater(alerts, deed.note, municipality);
      };
      return actOn(alerts, deed, municipality, take).catch(later);
    },
    onSuccess: (came, { deed }) => {
      if (came.kept) tellDone(offline("keptForLater"));
      else if (came.faster) tell(t("overtaken", { count: came.faster.length, name: nameOf(came.faster[0] ?? null), note: deed.note ? "yes" : "no" }));
      else if (deed.do !== "comment") tellDone(t(`told.${deed.do}`, { count: came.done }));
      if (came.refused > 0) failed(new Error(t("refused", { count: came.refused })));
    },
    onError: failed,
    onSettled: () => queries.invalidateQueries({ queryKey: ["alert"] }),
  });
  return {
    act: (alerts, deed, then) => mutate({ alerts, deed }, then ? { onSuccess: then } : {}),
    isBusy: isPending,
  };
}

interface Came {
  done: number;
  refused: number;
  /** So many are kept on this device until there is a connection. */
  kept?: number;
  /** Who had acknowledged before: the server keeps theirs, and what was written here as a comment. */
  faster?: (number | null)[];
}

async function actOn(alerts: readonly Alert[], deed: Deed, municipality: number, take: (alert: Alert) => void): Promise<Came> {
  if (deed.do === "acknowledge" && alerts.length > 1) return acknowledgeAll(alerts, deed.note, municipality, take);
  const came: Alert[] = [];
  for (const alert of alerts) {
    const now = await done(alert, deed).catch(async (problem: unknown) => {
      await data(api.GET("/api/v1/alerts/{alert}", { params: { path: { alert: alert.id } } })).then(take, () => undefined);
      throw problem;
    });
    take(now);
    came.push(now);
  }
  return { done: alerts.length, refused: 0, ...(deed.do === "acknowledge" && fasterIn(came)) };
}

function fasterIn(came: readonly Alert[]): { faster?: (number | null)[] } {
  const faster = came.map((alert) => alert.acknowledged_by).filter((who) => who !== session.person?.id);
  return faster.length > 0 ? { faster } : {};
}

/** Without a connection it is kept and sent later; until then nobody else knows, so it looks as before. */
async function keepForLater(alerts: readonly Alert[], notes: string, municipality: number): Promise<Came> {
  for (const { id, title } of alerts) await outbox.add({ kind: "acknowledge", alert: id, title, notes }, municipality);
  return { done: 0, refused: 0, kept: alerts.length };
}

async function acknowledgeAll(
  alerts: readonly Alert[], notes: string, municipality: number, take: (alert: Alert) => void,
): Promise<Came> {
  const came: Alert[] = [];
  let refused = 0;
  for (let from = 0; from < alerts.length; from += AT_ONCE) {
    const ids = alerts.slice(from, from + AT_ONCE).map((alert) => alert.id);
    const query = { municipality_id: municipality };
    const answer = await data(api.POST("/api/v1/alerts/acknowledge", { params: { query }, body: { ids, notes } }));
    answer.done.forEach(take);
    came.push(...answer.done);
    refused += answer.refused.length;
  }
  return { done: came.length, refused, ...fasterIn(came) };
}

function done(alert: Alert, deed: Deed): Promise<Alert> {
  const params = { path: { alert: alert.id } };
  const notes = deed.note || null;
  switch (deed.do) {
    case "acknowledge":
      return data(api.POST("/api/v1/alerts/{alert}/acknowledge", { params, body: { notes } }));
    case "start":
      return data(api.POST("/api/v1/alerts/{alert}/start", { params, body: { notes } }));
    case "resolve":
      return data(api.POST("/api/v1/alerts/{alert}/resolve", { params, body: { resolution_notes: notes, notes: null } }));
    case "close":
      return data(api.POST("/api/v1/alerts/{alert}/close", { params, body: { notes } }));
    case "unshelve":
      return data(api.POST("/api/v1/alerts/{alert}/unshelve", { params, body: { notes } }));
    case "shelve":
      return data(api.POST("/api/v1/alerts/{alert}/shelve", { params, body: { minutes: deed.minutes, reason: deed.note } }));
    case "assign":
      return data(api.POST("/api/v1/alerts/{alert}/assign", { params, body: { user_id: deed.to, notes } }));
    case "comment":
      return data(api.POST("/api/v1/alerts/{alert}/comments", { params, body: { comment: deed.note } }));
  }
}
