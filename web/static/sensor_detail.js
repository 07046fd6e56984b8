// @ts-check
/** One sensor: its value now, its course, what is known of its device, and its alarms. */

import { Chart } from "./chart.js";
import { closeButton, fill, h, say } from "./dom.js";
import { age, quantity, time, words } from "./format.js";
import { statusWord } from "./alerts.js";

/** Shows one sensor in the panel until `stop`. */
export class SensorView {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./store.js").Store} store
   * @param {import("./people.js").People} _people
   * @param {HTMLElement} panel
   * @param {number} id
   */
  constructor(api, store, _people, panel, id) {
    this.store = store;
    this.id = id;
    const place = h("div", { class: "chart" });
    this.parts = {
      title: h("h2", { id: "detail-title", tabindex: -1 }), value: h("p", { class: "now" }),
      facts: h("dl", { class: "facts" }), alarms: h("ul", { class: "changes" }),
    };
    const { title, value, facts, alarms } = this.parts;
    fill(panel,
      h("header", {}, title, closeButton()),
      h("div", { class: "scroll" }, value, place, facts, h("h3", {}, "Active alarms"), alarms));
    this.chart = new Chart(api, store, id, place);
    this.update();
  }

  stop() {
    this.chart.stop();
  }

  update() {
    const sensor = this.store.sensors.get(this.id);
    const { title, value, facts, alarms } = this.parts;
    if (!sensor) return say(title, this.store.loaded ? "There is no such sensor" : "Loading …");
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
