import { useLocation, useSearch } from "wouter";
import type { Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";

export type Line = Schemas["LineOut"];
export type Where = "here" | "system";

export interface Filters {
  text: string;
  actor: string;
  action: string;
  outcome: string;
  since: string;
  until: string;
  where: Where;
}

const WORDS = ["text", "actor", "action", "outcome", "since", "until"] as const;
const OUTCOMES = ["done", "refused", "failed"] as const;

/** The filters stand in the address, so that a reload keeps them and a link carries them. */
export function useFilters(): [Filters, (change: Partial<Filters>) => void] {
  const [path, navigate] = useLocation();
  const search = new URLSearchParams(useSearch());
  const said = Object.fromEntries(WORDS.map((word) => [word, search.get(word) ?? ""])) as Record<(typeof WORDS)[number], string>;
  const filters: Filters = { ...said, where: search.get("where") === "system" ? "system" : "here" };
  const set = (change: Partial<Filters>): void => {
    const whole = { ...filters, ...change };
    const kept = Object.entries(whole).filter(([name, value]) => value !== "" && !(name === "where" && value === "here"));
    navigate(`${path}?${new URLSearchParams(kept).toString()}`, { replace: true });
  };
  return [filters, set];
}

/** Whether nothing is left out. */
export function isAll(filters: Filters): boolean {
  return Object.keys(askOf(filters)).length === 1;
}

/** Of whom the log is: the municipality's, or for a super admin the system's own. */
export function useWhere(where: Where): { municipality_id?: number } {
  const { id } = useMunicipality();
  return where === "system" ? {} : { municipality_id: id };
}

type Query = NonNullable<import("@/api/schema.gen").operations["get_audit"]["parameters"]["query"]>;

/** What is asked of the server for filters. */
export function askOf(filters: Filters): Query {
  const outcome = OUTCOMES.find((each) => each === filters.outcome);
  const moment = (text: string): string | null => (Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString());
  const since = moment(filters.since);
  const until = moment(filters.until);
  return {
    limit: 100,
    ...(filters.text.trim() && { text: filters.text.trim() }),
    ...(filters.actor.trim() && { actor: filters.actor.trim() }),
    ...(filters.action.trim() && { action: filters.action.trim() }),
    ...(outcome && { outcome }),
    ...(since && { from: since }),
    ...(until && { to: until }),
  };
}
