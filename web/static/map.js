// @ts-check
/**
 * The map: pipes in grey, sensors as small marks, and only what is abnormal in colour, each with its
 * own shape and number. No base map: it works with the internet unplugged.
 */

import { say, the } from "./dom.js";
import { age } from "./format.js";
import { labelOf, MapPen } from "./map_pen.js";
import { standing } from "./sensors.js";
import { rank } from "./store.js";
import { steer, View } from "./view.js";

/** @typedef {import("./types.js").Sensor} Sensor */
/** @typedef {import("./types.js").Alert} Alert */
/**
 * Something on the map that can be pointed at.
 * @typedef {{at: [number, number], sensor?: Sensor, alert?: Alert, silent: boolean, chosen: boolean}} Mark
 */

const REACH = 18;
const REDRAW_EVERY = 10_000;
/** Values move on the map at most this often; moving the map itself is drawn at once. */
const GATHER_EVERY = 400;

export class NetworkMap {
  /**
   * @param {import("./store.js").Store} store
   * @param {AbortSignal} signal
   */
  constructor(store, signal) {
    this.store = store;
    this.view = new View();
    // A fresh canvas has no listeners of whoever was signed in before.
    const old = /** @type {HTMLCanvasElement} */ (the("map-canvas"));
    this.canvas = /** @type {HTMLCanvasElement} */ (old.cloneNode(false));
    old.replaceWith(this.canvas);
    this.pen = new MapPen(this.canvas, this.view);
    /** @type {Mark[]} */
    this.marks = [];
    this.waiting = 0;
    this.gathering = 0;
    /** @type {import("./types.js").Pipeline[] | null} */
    this.drawn = null;
    this.#wire(signal);
    this.#gather();
  }

  /**
   * @param {AbortSignal} signal
   */
  #wire(signal) {
    const draw = () => this.#soon();
    const fit = () => this.#fit();
    const zoom = (/** @type {number} */ factor) => () => {
      this.view.zoom(factor, this.canvas.clientWidth / 2, this.canvas.clientHeight / 2);
      draw();
    };
    steer(this.canvas, this.view, {
      draw, fit, tap: (x, y) => this.#tap(x, y), hover: (x, y) => this.#hover(x, y),
    });
    this.canvas.addEventListener("pointerleave", () => this.#hover(-1e6, 0));
    the("map-in").addEventListener("click", zoom(1.5), { signal });
    the("map-out").addEventListener("click", zoom(1 / 1.5), { signal });
    the("map-fit").addEventListener("click", fit, { signal });
    this.store.addEventListener("change", (event) => {
      const topics = /** @type {CustomEvent} */ (event).detail;
      if (topics.size > 1 || !topics.has("sensors")) this.#gather();
      else this.gathering ||= setTimeout(() => this.#gather(), GATHER_EVERY);
      if (topics.has("choice")) this.#lookAtChosen();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw, { signal });
    const size = new ResizeObserver(() => (this.view.moved ? draw() : fit()));
    size.observe(this.canvas);
    const timer = setInterval(() => this.#gather(), REDRAW_EVERY);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      clearTimeout(this.gathering);
      size.disconnect();
    });
  }

  /** Take what is known now; the pipes only when they are others. */
  #gather() {
    clearTimeout(this.gathering);
    this.gathering = 0;
    if (this.drawn !== this.store.pipelines || this.placed !== this.#placedSensors()) this.#place();
    this.marks = this.#marks();
    this.#describe();
    this.#soon();
  }

  #placedSensors() {
    return [...this.store.sensors.values()].filter((sensor) => sensor.location).length;
  }

  /** Lay out the plane anew: what is in the middle, how far it reaches. */
  #place() {
    this.drawn = this.store.pipelines;
    this.placed = this.#placedSensors();
    const places = [
      ...this.drawn.flatMap((pipe) => pipe.geometry.coordinates),
      ...[...this.store.sensors.values()].flatMap((sensor) => (sensor.location ? [sensor.location.coordinates] : [])),
    ];
    the("map-empty").hidden = places.length > 0;
    const none = `No network yet. Bring one in with: weir import network FILE --municipality ${this.store.town}`;
    say(the("map-empty"), this.store.loaded ? none : "Loading …");
    if (!places.length) return;
    const [west, east] = ends(places.map(([longitude]) => longitude));
    const [south, north] = ends(places.map(([, latitude]) => latitude));
    this.view.centre((west + east) / 2, (south + north) / 2);
    const corners = [this.view.plane([west, north]), this.view.plane([east, south])];
    this.box = { west: corners[0][0], north: corners[0][1], east: corners[1][0], south: corners[1][1] };
    this.pen.layPipes(this.drawn);
    if (!this.view.moved) this.#fit();
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (this.box && width && height) this.view.fit(this.box, width, height);
    this.#soon();
  }

  /** Bring what was chosen in a list into sight, if it is not. */
  #lookAtChosen() {
    const mark = this.marks.find(({ chosen }) => chosen);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!mark || !width) return;
    const [x, y] = this.view.screen(mark.at);
    if (x < 0 || y < 0 || x > width || y > height) this.view.pan(width / 2 - x, height / 2 - y);
  }

  /** @returns {Mark[]} what lies below first, what is abnormal last */
  #marks() {
    const { store } = this;
    const worst = store.worstBySensor();
    /** @type {Mark[]} */
    const marks = [];
    for (const sensor of store.sensors.values()) {
      const alert = worst.get(sensor.id);
      if (sensor.location) marks.push(this.#mark(sensor.location, sensor, alert));
    }
    for (const alert of store.active()) {
      const shown = alert.sensor_id !== null && store.sensors.get(alert.sensor_id)?.location;
      if (alert.location && !shown) marks.push(this.#mark(alert.location, undefined, alert));
    }
    return marks.sort((one, other) => weight(one) - weight(other));
  }

  /**
   * @param {import("./types.js").Point} place
   * @param {Sensor} [sensor]
   * @param {Alert} [alert]
   * @returns {Mark}
   */
  #mark(place, sensor, alert) {
    const { choice } = this.store;
    const chosen = choice !== null && choice.id === (choice.kind === "alert" ? alert?.id : sensor?.id);
    const silent = sensor !== undefined && this.store.isSilent(sensor);
    return { at: this.view.plane(place.coordinates), sensor, alert, silent, chosen };
  }

  #describe() {
    const nowhere = this.store.active().filter((alert) => !this.marks.some((mark) => mark.alert?.sensor_id === alert.sensor_id || mark.alert?.id === alert.id)).length;
    const { length } = this.store.pipelines;
    say(the("map-count"), nowhere ? `${nowhere} alarms have no place on it` : "");
    const alarms = this.marks.filter((mark) => mark.alert).length;
    this.canvas.setAttribute("aria-label", `Map of ${length} pipes and ${this.marks.length} sensors, ${alarms} in alarm`);
  }

  #soon() {
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.pen.draw(this.marks);
    });
  }

  /**
   * The mark under a place on the screen, what is on top first.
   * @param {number} x
   * @param {number} y
   */
  #under(x, y) {
    let best = null;
    let nearest = REACH;
    for (const mark of this.marks) {
      const [mx, my] = this.view.screen(mark.at);
      const distance = Math.hypot(mx - x, my - y) - (mark.alert ? 6 : 0);
      if (distance <= nearest) [best, nearest] = [mark, distance];
    }
    return best;
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #tap(x, y) {
    const mark = this.#under(x, y);
    if (mark?.alert) location.hash = `#/alert/${mark.alert.id}`;
    else if (mark?.sensor) location.hash = `#/sensor/${mark.sensor.id}`;
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #hover(x, y) {
    const mark = this.#under(x, y);
    const tip = the("map-tip");
    tip.hidden = !mark;
    this.canvas.style.cursor = mark ? "pointer" : "";
    if (!mark) return;
    const { sensor, alert } = mark;
    const old = sensor?.last_reading_at ? `, ${age(this.store.now() - Date.parse(sensor.last_reading_at))} old` : "";
    const about = sensor ? standing(sensor, mark.silent, alert) : `${alert?.severity} alarm`;
    say(tip, `${labelOf(mark)}${old}\n${about}`);
    const right = x > this.canvas.clientWidth - 240;
    tip.style.left = `${right ? x - 14 - tip.offsetWidth : x + 14}px`;
    tip.style.top = `${Math.max(0, y - 10)}px`;
  }
}

/** @param {Mark} mark */
const weight = (mark) => (mark.chosen ? 20 : 0) + (mark.alert ? 10 + rank(mark.alert.severity) : 0) + (mark.silent ? 1 : 0);

/**
 * The least and the greatest; works for more numbers than a call can take.
 * @param {number[]} numbers
 * @returns {[number, number]}
 */
function ends(numbers) {
  let [low, high] = [Infinity, -Infinity];
  for (const n of numbers) {
    if (n < low) low = n;
    if (n > high) high = n;
  }
  return [low, high];
}
