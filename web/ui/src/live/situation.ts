import type { Schemas } from "@/api/client";
import type { LineState, LiveMessage } from "./stream";

export type Severity = Schemas["Severity"];
export type AlertStatus = Schemas["AlertStatus"];
export type SensorRow = Schemas["SensorRow"];
export type Alert = Schemas["AlertOut"];

export interface Sensor extends SensorRow {
  usual_interval_seconds?: number | null;
  /** The latest reading was marked as an anomaly. */
  unusual?: boolean;
}

export interface Reading {
  sensor_id: number;
  device_id: string;
  value: number;
  unit: string;
  timestamp: string;
  is_anomaly: boolean;
}

/** What changed; `sensor:ID` for one sensor's value. */
export type Topic = "sensors" | "alerts" | "incidents" | "line" | `sensor:${number}`;

export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const satisfies Severity[];
const ACTIVE: AlertStatus[] = ["open", "acknowledged", "in_progress"];
/** Changes are told together, so that thousands of readings a second make a few redraws. */
const TELL_EVERY = 100;
const USUAL_INTERVALS = 4;
const MOST_ENDED = 1000;

export function isActive(alert: Alert): boolean {
  return ACTIVE.includes(alert.status);
}

export function isShelved(alert: Alert, now: number): boolean {
  return alert.shelved_until !== null && Date.parse(alert.shelved_until) > now;
}

/** Worst first; of the same severity those that nobody has reacted to, then the newest. */
export function worstFirst(one: Alert, other: Alert): number {
  return (
    SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
    Number(other.status === "open") - Number(one.status === "open") ||
    Date.parse(other.created_at) - Date.parse(one.created_at)
  );
}

/** For how many milliseconds a device that reports so often may be silent. */
function longestSilence(usualSeconds: number): number {
  return Math.max(usualSeconds * USUAL_INTERVALS, 60) * 1000;
}

function overdueAfter(sensors: readonly Sensor[]): number {
  let least = Infinity;
  for (const { status, usual_interval_seconds: usual } of sensors) {
    if (status === "active" && usual) least = Math.min(least, longestSilence(usual));
  }
  return least;
}

/**
 * What the page knows of one municipality now: its sensors, its active alarms, the line. Everything
 * that is shown live is read from here; every object in it is replaced, never changed.
 */
export class Situation {
  line: LineState = { is: "opening" };
  /** Whether all has been fetched once. */
  loaded = false;
  /** When the newest value was true, by the server's clock. */
  freshest: number | null = null;
  /** Milliseconds after which even the sensor that reports most often should have said something. */
  overdueAfter = Infinity;
  readonly sensors = new Map<number, Sensor>();
  readonly alerts = new Map<number, Alert>();
  #active: Alert[] | null = null;
  #ended: number[] = [];
  #sensorList: Sensor[] | null = null;
  #changed = new Set<Topic>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Map<Topic, Set<() => void>>();
  readonly #alarmListeners = new Set<(alert: Alert) => void>();
  readonly #readingListeners = new Set<(reading: Reading) => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Have `listener` called after changes of a topic; gives the way to stop it. */
  subscribe(topic: Topic, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(topic);
    };
  }

  /** Have `listener` called at once when an alarm is new or back. */
  onAlarm(listener: (alert: Alert) => void): () => void {
    this.#alarmListeners.add(listener);
    return () => this.#alarmListeners.delete(listener);
  }

  /** Have `listener` called with every live reading, late ones too: for a chart's live tail. */
  onReading(listener: (reading: Reading) => void): () => void {
    this.#readingListeners.add(listener);
    return () => this.#readingListeners.delete(listener);
  }

  /** Take everything as the server lists it, in place of all that was known. */
  load(sensors: Sensor[], alerts: Alert[]): void {
    this.sensors.clear();
    for (const sensor of sensors) {
      this.sensors.set(sensor.id, sensor);
      this.#seen(sensor.last_reading_at);
      this.#tell(`sensor:${sensor.id}`);
    }
    this.alerts.clear();
    this.#ended = [];
    for (const alert of alerts) this.alerts.set(alert.id, alert);
    this.overdueAfter = overdueAfter(sensors);
    this.loaded = true;
    this.#tell("sensors");
    this.#tell("alerts");
    this.#tell("incidents");
    this.#tell("line");
  }

  /** Take one alert as an answer of the API gave it. */
  take(alert: Alert): void {
    this.#alert(alert);
  }

  /** Take in one live event; taking it twice changes nothing. */
  apply(message: LiveMessage): void {
    if (message.type === "sensor_reading") this.#read(message.data as Reading);
    if (message.type === "alert") this.#alert(message.data as Alert);
    if (message.type.startsWith("incident")) this.#tell("incidents");
  }

  setLine(line: LineState): void {
    this.line = line;
    this.#tell("line");
  }

  /** Alarms that somebody must deal with, worst first. */
  active(): Alert[] {
    this.#active ??= [...this.alerts.values()].filter(isActive).sort(worstFirst);
    return this.#active;
  }

  /** All sensors by name. */
  list(): Sensor[] {
    this.#sensorList ??= [...this.sensors.values()].sort((one, other) => one.name.localeCompare(other.name));
    return this.#sensorList;
  }

  /** The worst active alarm of a sensor, if it has one. */
  worstOf(sensor: number): Alert | null {
    return this.active().find((alert) => alert.sensor_id === sensor) ?? null;
  }

  /**
   * Whether a sensor should have said something by now and has not. How long that is, only its own
   * habit tells: a meter may report once a day.
   */
  isSilent(sensor: Sensor): boolean {
    if (sensor.status !== "active") return false;
    if (!sensor.last_reading_at) return true;
    const says = this.active().some(
      (alert) => alert.sensor_id === sensor.id && alert.alert_type === "no_data" && alert.condition_active,
    );
    if (says) return true;
    const usual = sensor.usual_interval_seconds;
    if (!usual) return false;
    const age = this.#now() - Date.parse(sensor.last_reading_at);
    return age > longestSilence(usual);
  }

  #read(reading: Reading): void {
    this.#seen(reading.timestamp);
    for (const listener of this.#readingListeners) listener(reading);
    const sensor = this.sensors.get(reading.sensor_id);
    if (!sensor) return;
    // A late reading is history; it must not pass for the present value.
    if (sensor.last_reading_at && Date.parse(sensor.last_reading_at) > Date.parse(reading.timestamp)) return;
    this.sensors.set(sensor.id, {
      ...sensor,
      last_reading: reading.value,
      last_reading_at: reading.timestamp,
      unit: reading.unit,
      unusual: reading.is_anomaly,
    });
    this.#tell("sensors");
    this.#tell(`sensor:${sensor.id}`);
  }

  #alert(alert: Alert): void {
    const known = this.alerts.get(alert.id);
    if (known && known.version > alert.version) return;
    this.alerts.set(alert.id, { ...known, ...alert });
    if (!isActive(alert) && (!known || isActive(known))) this.#forgetOldest(alert.id);
    this.#tell("alerts");
    if (alert.sensor_id !== null) this.#tell(`sensor:${alert.sensor_id}`);
    const again = known && known.status !== "open" && alert.status === "open";
    if (alert.status !== "open" || (known && !again)) return;
    for (const listener of this.#alarmListeners) listener(alert);
  }

  /** Ended alarms stay for a while, so that an older event can't bring one back; not for ever. */
  #forgetOldest(ended: number): void {
    this.#ended.push(ended);
    const oldest = this.#ended.length > MOST_ENDED ? this.#ended.shift() : undefined;
    const alert = oldest === undefined ? undefined : this.alerts.get(oldest);
    if (alert && !isActive(alert)) this.alerts.delete(alert.id);
  }

  /** Remember how fresh the data is. A device whose clock runs ahead must not make it look fresher. */
  #seen(timestamp: string | null): void {
    if (!timestamp) return;
    const trueAt = Math.min(Date.parse(timestamp), this.#now());
    this.freshest = Math.max(this.freshest ?? 0, trueAt);
  }

  #tell(topic: Topic): void {
    if (topic === "alerts") this.#active = null;
    if (topic === "sensors") this.#sensorList = null;
    this.#changed.add(topic);
    this.#timer ??= setTimeout(() => this.#flush(), TELL_EVERY);
  }

  #flush(): void {
    this.#timer = undefined;
    const topics = this.#changed;
    this.#changed = new Set();
    for (const topic of topics) {
      for (const listener of this.#listeners.get(topic) ?? []) listener();
    }
  }
}
