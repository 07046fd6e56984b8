import { SEVERITIES, type Severity } from "@/live/situation";
import { STATUSES, type Incident, type IncidentStatus } from "./data";

export interface Wanted {
  status: IncidentStatus | "unsettled" | "all";
  severity: Severity | "all";
  whose: "all" | "mine" | "nobodys";
  words: string;
}

/** Read the filters from the address, so that a reload and a link show the same. */
export function wantedFrom(search: URLSearchParams): Wanted {
  const [status, severity, whose] = ["status", "severity", "whose"].map((name) => search.get(name));
  return {
    status: status === "unsettled" ? status : (STATUSES.find((each) => each === status) ?? "all"),
    severity: SEVERITIES.find((each) => each === severity) ?? "all",
    whose: whose === "mine" || whose === "nobodys" ? whose : "all",
    words: search.get("q") ?? "",
  };
}

/** Write one filter into an address; “all” is left out. */
export function withFilter(search: URLSearchParams, name: string, value: string): string {
  const next = new URLSearchParams(search);
  if (value === "" || value === "all") next.delete(name);
  else next.set(name, value);
  return next.toString();
}

/** The incidents that are wanted; the worst of what is not settled comes first, then the newest. */
export function choose(all: readonly Incident[], wanted: Wanted, me: number | null, wordsOf: (incident: Incident) => string = () => ""): Incident[] {
  const words = wanted.words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter((each) => wanted.status === "all" || (wanted.status === "unsettled" ? !isSettled(each) : each.status === wanted.status))
    .filter((each) => wanted.severity === "all" || each.severity === wanted.severity)
    .filter((each) => wanted.whose === "all" || (wanted.whose === "mine" ? each.assigned_to === me : each.assigned_to === null))
    .filter((each) => {
      const text = `${each.title} ${each.description} ${each.notes} ${each.incident_type} ${each.sensor_name ?? ""} ${wordsOf(each)}`.toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((one, other) =>
      Number(isSettled(one)) - Number(isSettled(other)) ||
      (isSettled(one) ? 0 : SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity)) ||
      Date.parse(other.created_at) - Date.parse(one.created_at));
}

export function isSettled(incident: Incident): boolean {
  return incident.status === "resolved" || incident.status === "closed";
}

/** What comes after a status, most usual first; everything may be taken up again. */
export const AFTER: Readonly<Record<IncidentStatus, readonly IncidentStatus[]>> = {
  open: ["in_progress", "resolved"],
  in_progress: ["resolved", "open"],
  resolved: ["closed", "in_progress"],
  closed: ["in_progress"],
};
