import { isShelved, SEVERITIES, worstFirst, type Alert, type Severity } from "@/live/situation";

/** Which of the active alarms are wanted. What is shelved is out of sight unless it is asked for. */
export const STANDINGS = ["all", "open", "acknowledged", "in_progress", "mine", "shelved"] as const;
export type Standing = (typeof STANDINGS)[number];

export const GROUPINGS = ["none", "priority", "kind", "sensor"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Wanted {
  severities: readonly Severity[];
  standing: Standing;
  words: string;
  grouping: Grouping;
}

export interface Group {
  key: string;
  alerts: Alert[];
}

/** Read what is wanted from the address, so that a reload and a link show the same. */
export function wantedFrom(search: URLSearchParams): Wanted {
  const said = (search.get("severity") ?? "").split(",");
  const standing = search.get("standing") as Standing;
  const grouping = search.get("group") as Grouping;
  return {
    severities: SEVERITIES.filter((each) => said.includes(each)),
    standing: STANDINGS.includes(standing) ? standing : "all",
    words: search.get("q") ?? "",
    grouping: GROUPINGS.includes(grouping) ? grouping : "none",
  };
}

/** Write what is wanted into an address; what is usual is left out. */
export function searchOf(wanted: Wanted): URLSearchParams {
  const search = new URLSearchParams();
  if (wanted.severities.length > 0) search.set("severity", wanted.severities.join(","));
  if (wanted.standing !== "all") search.set("standing", wanted.standing);
  if (wanted.grouping !== "none") search.set("group", wanted.grouping);
  if (wanted.words) search.set("q", wanted.words);
  return search;
}

/** The alarms that are wanted, worst first; every word must be in title, description, kind or what `wordsOf` says of it. */
export function choose(
  alerts: readonly Alert[],
  wanted: Wanted,
  now: number,
  me: number | null,
  wordsOf: (alert: Alert) => string,
): Alert[] {
  const words = wanted.words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const stands = (alert: Alert): boolean => {
    if (wanted.standing === "shelved") return isShelved(alert, now);
    if (isShelved(alert, now)) return false;
    if (wanted.standing === "mine") return alert.assigned_to === me;
    return wanted.standing === "all" || alert.status === wanted.standing;
  };
  return alerts
    .filter((alert) => wanted.severities.length === 0 || wanted.severities.includes(alert.severity))
    .filter(stands)
    .filter((alert) => {
      if (words.length === 0) return true;
      const text = `${alert.title} ${alert.description} ${alert.alert_type} ${wordsOf(alert)}`.toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort(worstFirst);
}

/** The same alarms in groups; the group of the worst alarm comes first. */
export function grouped(alerts: readonly Alert[], grouping: Grouping): Group[] {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const key = keyOf(alert, grouping);
    const group = groups.get(key);
    if (group) group.push(alert);
    else groups.set(key, [alert]);
  }
  return [...groups].map(([key, inside]) => ({ key, alerts: inside }));
}

function keyOf(alert: Alert, grouping: Grouping): string {
  if (grouping === "priority") return alert.severity;
  if (grouping === "kind") return alert.alert_type;
  if (grouping === "sensor") return String(alert.sensor_id ?? "");
  return "";
}

/** What can be done with an alarm now, as the server would let it (domain/alerts.py). */
export function canBe(alert: Alert): { acknowledged: boolean; started: boolean; resolved: boolean; closed: boolean; shelved: boolean } {
  const active = alert.status === "open" || alert.status === "acknowledged" || alert.status === "in_progress";
  return {
    acknowledged: alert.status === "open",
    started: alert.status === "open" || alert.status === "acknowledged",
    resolved: active,
    closed: alert.status === "resolved",
    shelved: active,
  };
}
