// @ts-check
/** One sensor: its value now, its course, what is known of its device, and its alarms. */

import { Chart } from "./chart.js";
import { fill, h, say } from "./dom.js";
import { age, quantity, time, words } from "./format.js";
import { statusWord } from "./alerts.js";

export class SensorDetail {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./store.js").Store} store
   * @param {HTMLElement} panel
   * @param {AbortSignal} signal
   */
  constructor(api, store, panel, signal) {
    this.api = api;
    this.store = store;
    this.panel = panel;
    /** @type {number | null} */
    this.id = null;
    /** @type {Chart | null} */
    this.chart = null;
    store.addEventListener("change", () => this.#onChange());
    signal.addEventListener("abort", () => this.stop());
  }

  stop() {
    this.chart?.stop();
    this.chart = null;
    this.id = null;
  }

  #onChange() {
    const { choice } = this.store;
    if (choice === null) this.panel.hidden = true;
    if (choice?.kind !== "sensor") return this.id !== null && this.stop();
    if (!this.store.loaded) return;
    if (this.id !== choice.id) this.#open(choice.id);
    this.#draw();
  }

  /**
   * @param {number} id
   */
  #open(id) {
    this.stop();
    this.id = id;
    const title = h("h2", { id: "detail-title", tabindex: -1 });
    this.parts = { title, value: h("p", { class: "now" }), facts: h("dl", { class: "facts" }), alarms: h("ul", { class: "changes" }) };
    const place = h("div", { class: "chart" });
    const close = h("button", { class: "close", onclick: () => { location.hash = ""; } }, "Close");
    fill(this.panel,
      h("header", {}, title, close),
      h("div", { class: "scroll" }, this.parts.value, place, this.parts.facts, h("h3", {}, "Active alarms"), this.parts.alarms));
    this.panel.hidden = false;
    title.focus({ preventScroll: true });
    if (this.store.sensors.has(id)) this.chart = new Chart(this.api, this.store, id, place);
  }

  #draw() {
    const sensor = this.id === null ? undefined : this.store.sensors.get(this.id);
    const { title, value, facts, alarms } = /** @type {any} */ (this.parts);
    if (!sensor) return say(title, "There is no such sensor");
    say(title, sensor.name);
    say(value, quantity(sensor.last_reading, sensor.unit));
    fill(facts, ...this.#facts(sensor));
    const active = this.store.active().filter((alert) => alert.sensor_id === sensor.id);
    fill(alarms, ...active.map((alert) =>
      h("li", {}, h("a", { href: `#/alert/${alert.id}` }, alert.title), ` ${alert.severity}, ${statusWord(alert)}`)));
    if (!active.length) fill(alarms, h("li", {}, "None"));
  }

  /**
   * @param {import("./types.js").Sensor} sensor
   */
  #facts(sensor) {
    const at = sensor.last_reading_at;
    const silent = this.store.isSilent(sensor);
    /** @type {[string, string | null][]} */
    const facts = [
      ["Read", at ? `${time(at)}, ${age(this.store.now() - Date.parse(at))} ago${silent ? ": silent" : ""}` : "never"],
      ["Kind", words(sensor.sensor_type)],
      ["Device", sensor.device_id],
      ["Status", words(sensor.status)],
      ["Battery", numbered(sensor.battery_level, "%")],
      ["Signal", numbered(sensor.signal_strength, "dBm")],
    ];
    return facts.filter(([, said]) => said).flatMap(([name, said]) => [h("dt", {}, name), h("dd", {}, said)]);
  }
}

/**
 * @param {number | null | undefined} value
 * @param {string} unit
 */
const numbered = (value, unit) => (value === null || value === undefined ? null : quantity(value, unit));
