// @ts-check
/** The sensor list: live values with their age; what is abnormal stands first. */

import { fill, h, keyed, say, set, the, walkByArrows } from "./dom.js";
import { age, quantity, time, words } from "./format.js";
import { symbol } from "./shapes.js";
import { rank } from "./store.js";

/** @typedef {import("./types.js").Sensor} Sensor */
/** @typedef {Element & {parts: Record<string, HTMLElement>, sensor: Sensor}} Row */

/** Rows beyond this are found by typing, so that ten thousand sensors stay quick. */
const MOST_SHOWN = 200;
const AGES_EVERY = 1000;
/** Values change on the screen at most this often; nobody reads faster, and sorting thousands costs. */
const DRAW_EVERY = 400;
const byName = new Intl.Collator(undefined, { numeric: true }).compare;

export class SensorList {
  /**
   * @param {import("./store.js").Store} store
   * @param {AbortSignal} signal
   */
  constructor(store, signal) {
    this.store = store;
    this.list = the("sensor-list");
    this.find = /** @type {HTMLInputElement} */ (the("sensors-find"));
    this.waiting = 0;
    fill(this.list);
    walkByArrows(this.list);
    this.find.addEventListener("input", () => this.draw(), { signal });
    store.addEventListener("change", (event) => {
      const topics = /** @type {CustomEvent} */ (event).detail;
      if (["sensors", "alerts", "choice"].some((topic) => topics.has(topic))) this.#soon();
    });
    const timer = setInterval(() => this.draw(), AGES_EVERY);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      clearTimeout(this.waiting);
    });
    this.draw();
  }

  #soon() {
    this.waiting ||= setTimeout(() => this.draw(), DRAW_EVERY);
  }

  draw() {
    clearTimeout(this.waiting);
    this.waiting = 0;
    if (document.hidden) return;
    this.worst = this.store.worstBySensor();
    const found = this.#found();
    keyed(this.list, found.slice(0, MOST_SHOWN), (sensor) => sensor.id, makeRow, (row, sensor) => this.#mend(row, sensor));
    this.#drawCounts(found.length);
  }

  /**
   * @param {number} found
   */
  #drawCounts(found) {
    const all = [...this.store.sensors.values()];
    const silent = all.filter((sensor) => this.store.isSilent(sensor)).length;
    say(the("sensors-count"), all.length ? `${all.length}${silent ? `, ${silent} silent` : ""}` : "");
    const note = the("sensors-empty");
    note.hidden = found > 0 && found <= MOST_SHOWN;
    if (found) say(note, `and ${found - MOST_SHOWN} more: type to find one`);
    else if (!this.store.loaded) say(note, "Loading …");
    else if (all.length) say(note, "No sensor of that name.");
    else say(note, `No sensors yet. Add them with: weir import sensors FILE.csv --municipality ${this.store.town}`);
  }

  /** Sensors that match what is typed: in alarm, silent, then by name. */
  #found() {
    const typed = this.find.value.trim().toLowerCase();
    const matches = (/** @type {Sensor} */ sensor) =>
      [sensor.name, sensor.device_id, sensor.sensor_type].some((text) => text.toLowerCase().includes(typed));
    return [...this.store.sensors.values()]
      .filter(matches)
      .map((sensor) => ({ sensor, order: this.#order(sensor) }))
      .sort((one, other) => one.order - other.order || byName(one.sensor.name, other.sensor.name))
      .map(({ sensor }) => sensor);
  }

  /**
   * @param {Sensor} sensor
   */
  #order(sensor) {
    const alert = this.worst?.get(sensor.id);
    if (alert) return -rank(alert.severity);
    return this.store.isSilent(sensor) ? 1 : 2;
  }

  /**
   * @param {Row} row
   * @param {Sensor} sensor
   */
  #mend(row, sensor) {
    row.sensor = sensor;
    const { button, mark, title, value, old, state } = row.parts;
    const { choice } = this.store;
    const alert = this.worst?.get(sensor.id);
    const silent = this.store.isSilent(sensor);
    set(button, "class", `row sensor${silent ? " silent" : ""}`);
    set(button, "aria-current", choice?.kind === "sensor" && choice.id === sensor.id ? "true" : null);
    if (mark.dataset.severity !== (alert?.severity ?? "")) {
      mark.dataset.severity = alert?.severity ?? "";
      fill(mark, alert && symbol(alert.severity));
    }
    say(title, sensor.name);
    say(value, quantity(sensor.last_reading, sensor.unit));
    say(old, sensor.last_reading_at ? age(this.store.now() - Date.parse(sensor.last_reading_at)) : "never");
    set(old, "title", sensor.last_reading_at ? time(sensor.last_reading_at) : null);
    say(state, standing(sensor, silent, alert));
  }
}

/**
 * What a row says of a sensor in words.
 * @param {Sensor} sensor
 * @param {boolean} silent
 * @param {import("./types.js").Alert} [alert]
 */
export function standing(sensor, silent, alert) {
  const said = [words(sensor.sensor_type), sensor.device_id];
  if (sensor.status !== "active") said.push(words(sensor.status));
  if (silent) said.push("silent");
  else if (sensor.unusual) said.push("unusual value");
  if (alert) said.push(`${alert.severity} alarm`);
  return said.join(" · ");
}

/** @param {Sensor} sensor */
function makeRow(sensor) {
  const mark = h("span", { class: "mark" });
  const title = h("strong", { class: "title" });
  const value = h("span", { class: "value" });
  const old = h("span", { class: "age" });
  const state = h("span", { class: "state" });
  const open = () => {
    location.hash = `#/sensor/${sensor.id}`;
  };
  const button = h("button", { onclick: open }, mark, title, value, old, state);
  return Object.assign(h("li", {}, button), { parts: { button, mark, title, value, old, state }, sensor });
}
