// @ts-check
/** The course of one sensor: mean line within its min–max band, with a readout under the pointer. */

import { fill, h, say, set } from "./dom.js";
import { quantity, time } from "./format.js";
import { Plot } from "./plot.js";

const HOUR = 3_600_000;
/** @type {[string, number][]} */
const RANGES = [["1 h", HOUR], ["6 h", 6 * HOUR], ["24 h", 24 * HOUR], ["7 d", 168 * HOUR]];
const POINTS = 400;
const REFRESH = 5000;

export class Chart {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./store.js").Store} store
   * @param {number} sensor
   * @param {HTMLElement} place
   * @param {{at: number, label: string}} [mark] a moment to point out
   */
  constructor(api, store, sensor, place, mark) {
    this.api = api;
    this.store = store;
    this.sensor = sensor;
    this.mark = mark;
    this.range = startRange(mark, store.now());
    this.asked = 0;
    this.shown = "";
    /** @type {import("./types.js").Series | null} */
    this.series = null;
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => this.draw();
    this.#furnish(place);
    this.timer = setInterval(() => this.#refresh(), REFRESH);
    this.load();
  }

  stop() {
    clearInterval(this.timer);
    this.resizing?.disconnect();
    this.dark.removeEventListener("change", this.redraw);
  }

  /**
   * @param {HTMLElement} place
   */
  #furnish(place) {
    this.canvas = h("canvas", { tabindex: 0, role: "img" });
    this.readout = h("p", { class: "readout", role: "status" });
    this.buttons = RANGES.map(([label, range]) => h("button", { onclick: () => this.#show(range) }, label));
    fill(place, h("div", { class: "ranges", role: "group", "aria-label": "Time shown" }, ...this.buttons), this.canvas, this.readout);
    this.plot = new Plot(this.canvas);
    this.dark.addEventListener("change", this.redraw);
    this.resizing = new ResizeObserver(this.redraw);
    this.resizing.observe(this.canvas);
    this.canvas.addEventListener("pointermove", (event) => this.#point(this.plot?.at(event.offsetX) ?? null));
    this.canvas.addEventListener("pointerleave", () => this.#point(null));
    this.canvas.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /**
   * @param {number} range
   */
  #show(range) {
    this.range = range;
    this.series = null;
    this.draw();
    this.load();
  }

  /** Fetch anew when the sensor has said something since. */
  #refresh() {
    const latest = this.store.sensors.get(this.sensor)?.last_reading_at ?? "";
    if (!document.hidden && latest !== this.shown) this.load();
  }

  async load() {
    const asked = ++this.asked;
    const to = this.store.now();
    const from = to - this.range;
    this.shown = this.store.sensors.get(this.sensor)?.last_reading_at ?? "";
    const span = `from=${iso(from)}&to=${iso(to)}&points=${POINTS}`;
    try {
      const series = await this.api.get(`/api/v1/sensors/${this.sensor}/series?${span}`);
      if (asked !== this.asked) return;
      this.series = series;
      this.span = { from, to };
      this.draw();
    } catch (error) {
      if (asked === this.asked) say(/** @type {Element} */ (this.readout), /** @type {Error} */ (error).message);
    }
  }

  draw() {
    this.buttons?.forEach((button, i) => set(button, "aria-pressed", String(RANGES[i][1] === this.range)));
    const { series, span } = this;
    const name = this.store.sensors.get(this.sensor)?.name ?? "sensor";
    if (!series || !span) return this.plot?.wait();
    this.plot?.draw(series, span, this.mark);
    this.#point(this.plot?.pointed ?? null);
    set(/** @type {Element} */ (this.canvas), "aria-label", `${name}: ${summary(series)}. Left and right arrow read single values.`);
  }

  /**
   * @param {number | null} index
   */
  #point(index) {
    const { series, plot } = this;
    if (!series || !plot) return;
    plot.point(index);
    const readout = /** @type {Element} */ (this.readout);
    const i = plot.pointed;
    if (i === null) return say(readout, summary(series));
    const band = series.min[i] === series.max[i] ? "" : ` (${quantity(series.min[i])} to ${quantity(series.max[i])})`;
    say(readout, `${time(series.timestamps[i])}: ${quantity(series.mean[i], series.unit)}${band}`);
  }

  /**
   * @param {KeyboardEvent} event
   */
  #onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const last = (this.series?.timestamps.length ?? 0) - 1;
    if (!step || last < 0) return;
    event.preventDefault();
    const here = this.plot?.pointed ?? (step > 0 ? -1 : last + 1);
    this.#point(Math.max(0, Math.min(last, here + step)));
  }
}

/** @param {number} moment */
const iso = (moment) => encodeURIComponent(new Date(moment).toISOString());

/**
 * The shortest range that shows the marked moment with as much before it.
 * @param {{at: number} | undefined} mark
 * @param {number} now
 */
function startRange(mark, now) {
  const wanted = mark ? 2 * (now - mark.at) : HOUR;
  return (RANGES.find(([, range]) => range >= wanted) ?? RANGES[RANGES.length - 1])[1];
}

/** @param {import("./types.js").Series} series */
function summary(series) {
  if (!series.timestamps.length) return "No readings in this time";
  const low = quantity(Math.min(...series.min));
  const high = quantity(Math.max(...series.max), series.unit);
  return `${low} to ${high}, ${quantity(series.mean.at(-1), series.unit)} at ${time(series.timestamps.at(-1) ?? 0)}`;
}
