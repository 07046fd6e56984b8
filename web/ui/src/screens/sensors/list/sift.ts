import type { Alert, Sensor } from "@/live/situation";

export const ORDERS = ["name", "type", "value", "age", "state"] as const;
export type Order = (typeof ORDERS)[number];
export const STATES = ["all", "alarm", "silent", "active", "maintenance", "faulty", "inactive"] as const;
export type State = (typeof STATES)[number];

/** Which sensors are wanted, and in which order. */
export interface Wanted {
  words: string;
  type: string;
  state: State;
  zone: number | null;
  order: Order;
  falling: boolean;
}

/** What is known of all sensors at once. */
export interface Known {
  isSilent(sensor: Sensor): boolean;
  worst: ReadonlyMap<number, Alert>;
  /** The sensors of the zone that is wanted; null while that is not known. */
  inZone: ReadonlySet<number> | null;
}

export function readWanted(said: URLSearchParams): Wanted {
  const state = said.get("state") as State;
  const order = said.get("sort")?.replace(/^-/, "") as Order;
  return {
    words: said.get("q") ?? "",
    type: said.get("type") ?? "",
    state: STATES.includes(state) ? state : "all",
    zone: Number(said.get("zone")) || null,
    order: ORDERS.includes(order) ? order : "name",
    falling: said.get("sort")?.startsWith("-") ?? false,
  };
}

/** Write what is wanted as an address has it; what is usual is left out. */
export function writeWanted(wanted: Wanted): URLSearchParams {
  const said = new URLSearchParams();
  if (wanted.words) said.set("q", wanted.words);
  if (wanted.type) said.set("type", wanted.type);
  if (wanted.state !== "all") said.set("state", wanted.state);
  if (wanted.zone !== null) said.set("zone", String(wanted.zone));
  if (wanted.order !== "name" || wanted.falling) said.set("sort", (wanted.falling ? "-" : "") + wanted.order);
  return said;
}

/** The ids of what is wanted, in its order; equal ones by name. */
export function sifted(sensors: readonly Sensor[], wanted: Wanted, known: Known): number[] {
  const words = wanted.words.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = sensors.filter((sensor) => isWanted(sensor, words, wanted, known));
  if (wanted.order !== "name") found.sort(byOrder(wanted.order, known));
  if (wanted.falling) found.reverse();
  return found.map((sensor) => sensor.id);
}

function isWanted(sensor: Sensor, words: readonly string[], wanted: Wanted, known: Known): boolean {
  if (wanted.type && sensor.sensor_type !== wanted.type) return false;
  if (wanted.zone !== null && !known.inZone?.has(sensor.id)) return false;
  if (wanted.state === "alarm" && !known.worst.has(sensor.id)) return false;
  if (wanted.state === "silent" && !known.isSilent(sensor)) return false;
  if (!["all", "alarm", "silent"].includes(wanted.state) && sensor.status !== wanted.state) return false;
  const text = `${sensor.name} ${sensor.device_id}`.toLocaleLowerCase();
  return words.every((word) => text.includes(word));
}

const SEVERITIES = ["critical", "high", "medium", "low", "info"];

function byOrder(order: Order, known: Known): (one: Sensor, other: Sensor) => number {
  const rank = (sensor: Sensor): number => {
    const worst = known.worst.get(sensor.id);
    if (worst) return SEVERITIES.indexOf(worst.severity);
    if (known.isSilent(sensor)) return SEVERITIES.length;
    return sensor.status === "active" ? SEVERITIES.length + 2 : SEVERITIES.length + 1;
  };
  const number = (value: number | null): number => value ?? -Infinity;
  const age = (sensor: Sensor): number => (sensor.last_reading_at ? -Date.parse(sensor.last_reading_at) : Infinity);
  switch (order) {
    case "type":
      return (one, other) => one.sensor_type.localeCompare(other.sensor_type);
    case "value":
      // Values of different kinds can't be compared; they stay together.
      return (one, other) => one.sensor_type.localeCompare(other.sensor_type) || number(one.last_reading) - number(other.last_reading);
    case "age":
      return (one, other) => compare(age(one), age(other));
    case "state":
      return (one, other) => rank(one) - rank(other);
    case "name":
      return (one, other) => one.name.localeCompare(other.name);
  }
}

function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
