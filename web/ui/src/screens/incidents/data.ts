import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { useTranslations } from "use-intl";
import { api, data, whole, type Schemas } from "@/api/client";
import { useSession } from "@/api/use-session";
import { useMunicipality } from "@/app/municipality";
import { useSituation } from "@/live/use-live";
import { orKept, type Aged } from "@/offline/kept";
import { useSent } from "@/offline/use-outbox";

export type Incident = Schemas["IncidentOut"];
export type IncidentStatus = Schemas["IncidentStatus"];
export type Step = Schemas["StoryOut"];
export type Item = Schemas["ItemOut"];
export type Attachment = Schemas["AttachmentOut"];
export type LinkedAlert = Schemas["AlertOut"];
export type Replayed = Schemas["TimelineOut"];

export const STATUSES = ["open", "in_progress", "resolved", "closed"] as const satisfies IncidentStatus[];
/** The newest so many are shown; older ones are in the export. */
const MOST = 500;
/** The line tells of every change; this is for what it can't know, as other people's names. */
const EVERY = 120_000;

export interface Listed {
  rows: Incident[];
  total: number;
}

export interface Whole {
  incident: Incident;
  etag: string;
  story: Step[];
  /** Not there in what a former version has kept. */
  checklist?: Item[];
  files: Attachment[];
  alerts: LinkedAlert[];
}

interface Asked<T> {
  found: Aged<T> | undefined;
  error: unknown;
  again: () => void;
}

/** The incidents of the municipality, newest first; without a connection those that were seen last. */
export function useIncidents(): Asked<Listed> {
  const { id } = useMunicipality();
  const { data: found, error, refetch } = useQuery({
    queryKey: ["incidents", id],
    queryFn: () => orKept(id, "incidents", async () => {
      const query = { limit: MOST, municipality_id: id };
      const { data: rows, headers } = await whole(api.GET("/api/v1/incidents", { params: { query } }));
      return { rows, total: Number(headers.get("X-Total-Count") ?? rows.length) } satisfies Listed;
    }),
    refetchInterval: EVERY,
  });
  return { found, error, again: () => void refetch() };
}

/** One incident with all that belongs to it. */
export function useIncident(incident: number): Asked<Whole> {
  const { id } = useMunicipality();
  const { data: found, error, refetch } = useQuery({
    queryKey: ["incident", id, incident],
    queryFn: () => orKept(id, `incident/${incident}`, () => fetchWhole(incident, id)),
    refetchInterval: EVERY,
  });
  return { found, error, again: () => void refetch() };
}

async function fetchWhole(incident: number, municipality: number): Promise<Whole> {
  const path = { incident };
  const query = { limit: 1000, municipality_id: municipality };
  const [one, story, checklist, files, alerts] = await Promise.all([
    whole(api.GET("/api/v1/incidents/{incident}", { params: { path, query: { municipality_id: municipality } } })),
    data(api.GET("/api/v1/incidents/{incident}/timeline", { params: { path, query } })),
    data(api.GET("/api/v1/incidents/{incident}/checklist", { params: { path, query } })),
    data(api.GET("/api/v1/incidents/{incident}/attachments", { params: { path, query } })),
    data(api.GET("/api/v1/incidents/{incident}/alerts", { params: { path, query } })),
  ]);
  return { incident: one.data, etag: one.headers.get("ETag") ?? "", story, checklist, files, alerts };
}

/** Gives the way to look at everything about incidents again, and does so whenever something was sent. */
export function useLookAgain(): () => Promise<void> {
  const queries = useQueryClient();
  const look = useCallback(async () => {
    const each = ["incidents", "incident"].map((key) => queries.invalidateQueries({ queryKey: [key] }));
    await Promise.all(each);
  }, [queries]);
  useSent(look);
  return look;
}

/** Has everything about incidents looked at again whenever somebody anywhere has changed one. */
export function useLiveIncidents(): void {
  const look = useLookAgain();
  const situation = useSituation();
  useEffect(() => situation.subscribe("incidents", () => void look()), [situation, look]);
}

const NOBODY: Schemas["Colleague"][] = [];

/** The people of the municipality; known without a connection too. */
export function useColleagues(): Schemas["Colleague"][] {
  const { id } = useMunicipality();
  const { data: found } = useQuery({
    queryKey: ["colleagues", id, "kept"],
    queryFn: () => orKept(id, "colleagues", () =>
      data(api.GET("/api/v1/colleagues", { params: { query: { limit: 1000, municipality_id: id } } }))),
    staleTime: 300_000,
  });
  return found?.value ?? NOBODY;
}

/** Names a person: oneself as “you” (not on paper, which others read), Weir where nobody did it. */
export function useNameOf({ onPaper = false } = {}): (person: number | null) => string {
  const t = useTranslations("incidents");
  const all = useColleagues();
  const standing = useSession();
  const me = standing.at === "inside" ? standing.person : null;
  return (person) => {
    if (person === null) return t("weir");
    if (person === me?.id) return onPaper ? me.full_name || me.username : t("you", { name: me.full_name || me.username });
    return all.find((each) => each.id === person)?.name ?? t("somebody");
  };
}
