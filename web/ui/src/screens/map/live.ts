import type { Alert, Sensor } from "@/live/situation";
import { isWithin, type Box, type Position } from "./geo";

type Properties = Record<string, string | number | boolean>;

/** GeoJSON, as the map's own sources take it. */
export interface Feature {
  type: "Feature";
  properties: Properties;
  geometry:
    | { type: "Point"; coordinates: [number, number] }
    | { type: "LineString"; coordinates: [number, number][] }
    | { type: "Polygon"; coordinates: [number, number][][] };
}

/** So many values are written at once; more would be a stain. */
const MOST_VALUES = 400;

export interface Words {
  value(sensor: Sensor): string;
  /** What is added when the value is old: its age. */
  age(sensor: Sensor): string;
  isSilent(sensor: Sensor): boolean;
}

/** Values to be written beside their sensors, of those in a box; the silent ones with their age. */
export function valuesIn(box: Box, sensors: Iterable<Sensor>, words: Words): Feature[] {
  const found: Feature[] = [];
  for (const sensor of sensors) {
    const at = placeOf(sensor.location);
    if (!at || !isWithin(at, box)) continue;
    const stale = words.isSilent(sensor);
    const value = words.value(sensor);
    const label = stale ? `${value} (${words.age(sensor)})` : value;
    found.push(point(at, { label, stale, order: found.length, name: sensor.name }, sensor.id));
    if (found.length >= MOST_VALUES) break;
  }
  return found;
}

/**
 * A mark for each place with active alarms: that of the worst, and how many more there are. None is
 * hidden by another place's. `alerts` come worst first.
 */
export function alarmMarks(alerts: readonly Alert[], whereIs: (alert: Alert) => Position | null): Feature[] {
  const places = new Map<string, { at: Position; worst: Alert; count: number }>();
  for (const alert of alerts) {
    const at = whereIs(alert);
    if (!at) continue;
    const key = at.map((degrees) => degrees.toFixed(5)).join();
    const known = places.get(key);
    if (known) known.count += 1;
    else places.set(key, { at, worst: alert, count: 1 });
  }
  // The worst last, so that it is drawn above the others.
  return [...places.values()].toReversed().map(({ at, worst, count }, order) =>
    point(at, { image: imageOf(worst), more: count > 1 ? `+${count - 1}` : "", order }, worst.id),
  );
}

function imageOf(alert: Alert): string {
  return `alarm-${alert.severity}${alert.status === "open" ? "" : "-hollow"}`;
}

/** Where an alarm is: its own place, else its sensor's. */
export function whereOf(alert: Alert, sensors: ReadonlyMap<number, Sensor>): Position | null {
  const sensor = alert.sensor_id === null ? undefined : sensors.get(alert.sensor_id);
  return placeOf(alert.location) ?? placeOf(sensor?.location ?? null);
}

/** A place as the API writes it. */
export function placeOf(location: { coordinates: readonly number[] } | null): Position | null {
  const [lng, lat] = location?.coordinates ?? [];
  return lng === undefined || lat === undefined ? null : [lng, lat];
}

export function point([lng, lat]: Position, properties: Properties, id?: number): Feature {
  return {
    type: "Feature",
    properties: { ...properties, ...(id !== undefined && { id }) },
    geometry: { type: "Point", coordinates: [lng, lat] },
  };
}
