import type { Schemas } from "@/api/client";
import type { Sensor } from "@/live/situation";

export type Overview = Schemas["OverviewOut"];
export type Figure = Schemas["FigureOut"];
export type Zone = Schemas["ZoneGlance"];
export type Tank = Schemas["TankGlance"];

/** How a value stands to what is usual, or to its limits. */
export type Standing = "usual" | "high" | "low" | "unknown";

export function standingOf(figure: Figure): Standing {
  if (figure.value === null) return "unknown";
  if (!figure.usual) return "unknown";
  if (figure.value > figure.usual.high) return "high";
  return figure.value < figure.usual.low ? "low" : "usual";
}

/** Where something lies on a bar from `from` to `to`, as a share that stays on the bar. */
export function share(value: number, from: number, to: number): number {
  return to === from ? 0 : Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** The ends of a bar on which a value and its band both have room. */
export function barOf(figure: Figure): { from: number; to: number } {
  const all = [figure.value, figure.usual?.low, figure.usual?.high].filter((each) => each !== null && each !== undefined);
  const [lowest, highest] = [Math.min(0, ...all), Math.max(...all, 0)];
  return { from: lowest, to: (highest || 1) * 1.15 };
}

/** The ends of a tank's bar: its range where somebody said it, else from empty to somewhat above what is known. */
export function tankBar(tank: Tank): { from: number; to: number } {
  const known = [tank.level.value ?? 0, tank.high ?? 0, tank.level.usual?.high ?? 0];
  return { from: Math.min(0, tank.low ?? 0), to: Math.max(...known) * 1.15 || 1 };
}

export function tankStanding(tank: Tank): Standing {
  const level = tank.level.value;
  if (level === null) return "unknown";
  if (tank.high !== null && level > tank.high) return "high";
  if (tank.low !== null && level < tank.low) return "low";
  return standingOf(tank.level);
}

/** How it is in one word: nothing, something that was seen already, or something nobody has reacted to. */
export type Mood = "quiet" | "handled" | "wrong";

export function moodOf(overview: Overview): Mood {
  const fresh = overview.alarms.reduce((sum, each) => sum + each.unacknowledged, 0);
  if (fresh > 0) return "wrong";
  const seen = overview.alarms.reduce((sum, each) => sum + each.acknowledged, 0);
  const isAmiss = seen > 0 || overview.silent.count > 0 || overview.system.issues.length > 0;
  return isAmiss ? "handled" : "quiet";
}

/** Zones with something unusual first, the rest as they came. */
export function strangeFirst(zones: readonly Zone[]): Zone[] {
  const isStrange = (zone: Zone): number => Number([zone.inflow, zone.night_flow].some((each) => ["high", "low"].includes(standingOf(each))));
  return [...zones].sort((one, other) => isStrange(other) - isStrange(one));
}

type Known = Pick<Sensor, "status" | "sensor_type" | "last_reading" | "unit">;

/** Pressures that somebody measures now, the lowest first, whatever unit each is in. */
export function lowestFirst<T extends Known>(sensors: readonly T[], inOne: (value: number, unit: string) => number): T[] {
  return sensors
    .filter((each) => each.status === "active" && each.sensor_type === "pressure" && each.last_reading !== null)
    .map((sensor) => ({ sensor, value: inOne(sensor.last_reading ?? 0, sensor.unit) }))
    .sort((one, other) => one.value - other.value)
    .map(({ sensor }) => sensor);
}
