import { api, whole } from "@/api/client";
import type { Alert, AlertStatus, Severity } from "@/live/situation";
import { csv } from "@/parts/csv";

const PAGE = 1000;
/** So many make a file that spreadsheets still open; whoever wants more asks for fewer days at once. */
const MOST = 200_000;

/** What the history is asked for, as the API has it. */
export interface Sought {
  municipality_id: number;
  status: AlertStatus[];
  severity: Severity[];
  q?: string;
  from?: string;
  to?: string;
}

/** The moment at which a day begins for this browser; of nothing, nothing. */
export function dayStart(day: string | null, more = 0): string | undefined {
  if (!day || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + more);
  return date.toISOString();
}

/** Read what an address asks for; days are whole ones, the last one too. */
export function soughtOf(said: URLSearchParams, municipality: number): Sought {
  const [from, to, q] = [dayStart(said.get("from")), dayStart(said.get("to"), 1), said.get("q")];
  return {
    municipality_id: municipality,
    status: (said.get("status") ? [said.get("status")] : []) as AlertStatus[],
    severity: (said.get("severity") ? [said.get("severity")] : []) as Severity[],
    ...(q && { q }),
    ...(from && { from }),
    ...(to && { to }),
  };
}

const COLUMNS = [
  "id", "raised_at", "last_seen_at", "severity", "status", "alert_type", "title", "description", "sensor", "device_id",
  "occurrences", "acknowledged_at", "acknowledged_by", "assigned_to", "resolved_at", "closed_at",
];

interface Names {
  sensor: (id: number | null) => { name: string; device_id: string } | undefined;
  person: (id: number | null) => string;
  title: (alert: Alert) => string;
  why: (alert: Alert) => string;
}

/** Alarms as a CSV file: a line for each, with the names of people and sensors. */
export function alarmsCsv(alerts: readonly Alert[], names: Names): string {
  return csv([COLUMNS, ...alerts.map((alert) => {
    const sensor = names.sensor(alert.sensor_id);
    return [
      alert.id, alert.raised_at, alert.last_seen_at, alert.severity, alert.status, alert.alert_type, names.title(alert), names.why(alert),
      sensor?.name ?? "", sensor?.device_id ?? "", alert.occurrences, alert.acknowledged_at ?? "", names.person(alert.acknowledged_by),
      names.person(alert.assigned_to), alert.resolved_at ?? "", alert.closed_at ?? "",
    ];
  })]);
}

/** Everything that is sought, newest first; at most MOST. */
export async function allOf(sought: Sought): Promise<Alert[]> {
  const found: Alert[] = [];
  let cursor = "";
  do {
    const page: { data: Alert[]; headers: Headers } = await whole(api.GET("/api/v1/alerts", { params: { query: { ...sought, limit: PAGE, cursor } } }));
    found.push(...page.data);
    cursor = page.headers.get("X-Next-Cursor") ?? "";
  } while (cursor && found.length < MOST);
  return found;
}
