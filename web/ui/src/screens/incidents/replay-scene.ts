import { boxOf, type Box, type Position } from "@/screens/map/geo";
import { placeOf, point, type Feature } from "@/screens/map/live";
import type { Line } from "@/parts/chart/line";
import { SEVERITIES } from "@/live/situation";
import type { Attachment, Incident, IncidentStatus, LinkedAlert, Replayed, Step } from "./data";
import { valueAt } from "./replayed";

const HOUR = 3_600_000;
const LONGEST = 744;
/** A value is old when the sensor said nothing for so many steps. */
const OLD = 3;

/** How many hours after its beginning an incident is replayed: to its last step, and one at least. */
export function hoursAfter(incident: Incident, story: readonly Step[]): number {
  const begun = Date.parse(incident.created_at);
  const last = Math.max(begun, ...story.map((step) => Date.parse(step.at)));
  return Math.min(LONGEST, Math.max(1, Math.ceil((last - begun) / HOUR)));
}

/** How far an incident had come at a moment; null before it was reported. */
export function statusAt(incident: Incident, story: readonly Step[], at: number): IncidentStatus | null {
  if (at < Date.parse(incident.created_at)) return null;
  const moves = story.filter((step) => step.kind === "moved");
  const done = moves.findLast((step) => Date.parse(step.at) <= at);
  return done?.after ?? moves[0]?.before ?? incident.status;
}

/** The alarms that were active at a moment, as they were then, the worst first. */
export function alarmsAt(alerts: readonly LinkedAlert[], at: number): LinkedAlert[] {
  const before = (time: string | null): boolean => time !== null && Date.parse(time) <= at;
  return alerts
    .filter((alert) => before(alert.raised_at) && !before(alert.resolved_at) && !before(alert.closed_at))
    .map((alert): LinkedAlert => ({ ...alert, status: before(alert.acknowledged_at) ? "acknowledged" : "open" }))
    .sort((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity));
}

/** Tied alarms and those of the sensors around, each once. */
export function allAlerts(tied: readonly LinkedAlert[], around: readonly LinkedAlert[]): LinkedAlert[] {
  return [...new Map([...around, ...tied].map((alert) => [alert.id, alert])).values()];
}

/** Where the sensors of a replay are. */
export function placesOf(replayed: Replayed): Map<number, Position> {
  const found = new Map<number, Position>();
  for (const { geometry, properties } of replayed.features) {
    const at = placeOf(geometry);
    if (at) found.set(properties.sensor_id, at);
  }
  return found;
}

/** What each sensor said at a moment, to be written beside it. */
export function valuesAt(
  lines: readonly Line[],
  places: ReadonlyMap<number, Position>,
  at: number,
  write: { value(value: number, unit: string): string; time(at: number): string },
): Feature[] {
  return lines.flatMap((line, order) => {
    const place = places.get(Number(line.id));
    const known = valueAt(line, at);
    if (!place || !known) return [];
    const stale = at - known.at > OLD * line.step;
    const value = write.value(known.value, line.unit);
    return [point(place, { label: stale ? `${value} (${write.time(known.at)})` : value, stale, order, name: line.name }, Number(line.id))];
  });
}

/** The photos that had been taken by then and say where. */
export function photosAt(files: readonly Attachment[], at: number): Feature[] {
  return files.flatMap((file) => {
    const place = placeOf(file.location);
    return place && Date.parse(file.added_at) <= at ? [point(place, { label: file.name }, file.id)] : [];
  });
}

/** What the map of a replay must show: the place of the incident, its sensors and photos. */
export function sceneBox(incident: Incident, places: Iterable<Position>, files: readonly Attachment[]): Box | null {
  const own = placeOf(incident.location);
  const photos = files.map((file) => placeOf(file.location)).filter((place) => place !== null);
  return boxOf([...(own ? [own] : []), ...places, ...photos]);
}
