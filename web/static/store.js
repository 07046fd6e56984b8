// @ts-check
/** What the page knows: sensors, alerts, pipes, and what is chosen. Everything shown is read from here. */

/** @typedef {import("./types.js").Alert} Alert */
/** @typedef {import("./types.js").Sensor} Sensor */
/** @typedef {import("./types.js").Reading} Reading */
/** @typedef {{kind: "alert" | "sensor", id: number} | null} Choice */
/** @typedef {"sensors" | "alerts" | "network" | "choice"} Topic */

/** @type {import("./types.js").Severity[]} */
const MILDEST_FIRST = ["info", "low", "medium", "high", "critical"];
const ACTIVE = ["open", "acknowledged", "in_progress"];
const USUAL_INTERVALS = 4;
/** Changes are told together, so that a thousand readings a second make a few redraws. */
const TELL_EVERY = 100;

/** @param {Alert} alert */
export const isActive = (alert) => ACTIVE.includes(alert.status);

/** @param {import("./types.js").Severity} severity */
export const rank = (severity) => MILDEST_FIRST.indexOf(severity);

/**
 * Worst first; of the same severity those that nobody has reacted to, then the newest.
 * @param {Alert} one
 * @param {Alert} other
 */
export function worstFirst(one, other) {
  return (
    rank(other.severity) - rank(one.severity) ||
    Number(other.status === "open") - Number(one.status === "open") ||
    Date.parse(other.created_at) - Date.parse(one.created_at)
  );
}

/** Emits `change` (detail: a Set of topics), and `alarm` (detail: the alert) when one is new or back. */
export class Store extends EventTarget {
  /** Sensors of which an alarm says that nothing comes. @type {Set<number | null>} */
  #missed = new Set();

  /**
   * @param {() => number} now the server's time
   * @param {number} town the municipality
   */
  constructor(now, town) {
    super();
    this.now = now;
    this.town = town;
    /** @type {Map<number, Sensor>} */
    this.sensors = new Map();
    /** @type {Map<number, Alert>} */
    this.alerts = new Map();
    /** @type {import("./types.js").Pipeline[]} */
    this.pipelines = [];
    /** @type {Choice} */
    this.choice = null;
    /** When the newest value was true. @type {number | null} */
    this.freshest = null;
    this.loaded = false;
    /** @type {Set<Topic>} */
    this.changed = new Set();
    this.timer = 0;
  }

  /**
   * @param {Sensor[]} sensors
   */
  setSensors(sensors) {
    this.sensors = new Map(sensors.map((sensor) => [sensor.id, sensor]));
    for (const { last_reading_at } of sensors) this.#seen(last_reading_at);
    this.#tell("sensors");
  }

  /**
   * Take alerts as the server lists them, in place of all of these statuses.
   * @param {Alert[]} alerts
   * @param {string[]} statuses
   */
  setAlerts(alerts, statuses) {
    for (const [id, known] of this.alerts) {
      if (statuses.includes(known.status)) this.alerts.delete(id);
    }
    for (const alert of alerts) this.alerts.set(alert.id, alert);
    this.#tell("alerts");
  }

  /**
   * @param {import("./types.js").Pipeline[]} pipelines
   */
  setPipelines(pipelines) {
    this.pipelines = pipelines;
    this.#tell("network");
  }

  /**
   * @param {Choice} choice
   */
  choose(choice) {
    if (choice?.kind === this.choice?.kind && choice?.id === this.choice?.id) return;
    this.choice = choice;
    this.#tell("choice");
  }

  /**
   * Take in one live event; taking it twice changes nothing.
   * @param {import("./types.js").LiveMessage} message
   */
  apply(message) {
    if (message.type === "sensor_reading") this.#read(message.data);
    if (message.type === "alert") this.#alert(message.data);
  }

  /**
   * @param {Reading} reading
   */
  #read(reading) {
    this.#seen(reading.timestamp);
    const sensor = this.sensors.get(reading.sensor_id);
    if (!sensor) return;
    // A late reading is history; it must not pass for the present value.
    if (sensor.last_reading_at && Date.parse(sensor.last_reading_at) > Date.parse(reading.timestamp)) return;
    sensor.last_reading = reading.value;
    sensor.last_reading_at = reading.timestamp;
    sensor.unit = reading.unit;
    sensor.unusual = reading.is_anomaly;
    this.#tell("sensors");
  }

  /**
   * @param {Alert} alert
   */
  #alert(alert) {
    const known = this.alerts.get(alert.id);
    if (known?.changed_at && alert.changed_at && Date.parse(known.changed_at) > Date.parse(alert.changed_at)) return;
    this.alerts.set(alert.id, { ...known, ...alert });
    this.#tell("alerts");
    const again = known && known.status !== "open" && alert.status === "open";
    if (alert.status === "open" && (!known || again)) {
      this.dispatchEvent(new CustomEvent("alarm", { detail: alert }));
    }
  }

  /**
   * Remember how fresh the data is. A device whose clock runs ahead must not make it look fresher.
   * @param {string | null} timestamp
   */
  #seen(timestamp) {
    if (!timestamp) return;
    const trueAt = Math.min(Date.parse(timestamp), this.now());
    this.freshest = Math.max(this.freshest ?? 0, trueAt);
  }

  /** Alerts that somebody must deal with, worst first. */
  active() {
    return [...this.alerts.values()].filter(isActive).sort(worstFirst);
  }

  /**
   * The worst active alert of each sensor that has one.
   * @returns {Map<number, Alert>}
   */
  worstBySensor() {
    /** @type {Map<number, Alert>} */
    const worst = new Map();
    for (const alert of this.active()) {
      if (alert.sensor_id !== null && !worst.has(alert.sensor_id)) worst.set(alert.sensor_id, alert);
    }
    return worst;
  }

  /**
   * Whether a sensor should have said something by now and has not. How long that is, only its own
   * habit tells: a meter may report once a day.
   * @param {Sensor} sensor
   */
  isSilent(sensor) {
    if (sensor.status !== "active") return false;
    if (!sensor.last_reading_at || this.#missed.has(sensor.id)) return true;
    const usual = sensor.usual_interval_seconds;
    if (!usual) return false;
    return this.now() - Date.parse(sensor.last_reading_at) > Math.max(usual * USUAL_INTERVALS, 60) * 1000;
  }

  /**
   * @param {Topic} topic
   */
  #tell(topic) {
    if (topic === "alerts") {
      const silent = this.active().filter((alert) => alert.alert_type === "no_data" && alert.condition_active !== false);
      this.#missed = new Set(silent.map((alert) => alert.sensor_id));
    }
    this.changed.add(topic);
    this.timer ||= setTimeout(() => {
      const topics = this.changed;
      this.changed = new Set();
      this.timer = 0;
      this.dispatchEvent(new CustomEvent("change", { detail: topics }));
    }, TELL_EVERY);
  }
}
