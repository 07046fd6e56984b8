// @ts-check
/** Draws a series on a canvas: axes with round numbers, the band of extremes, the mean, gaps as gaps. */

import { axisTime, steps, timeSteps } from "./ticks.js";

/** @typedef {import("./types.js").Series} Series */

const LEFT = 52;
const RIGHT = 10;
const TOP = 22;
const BOTTOM = 22;
/** A pause so many times longer than those beside it is a gap, which no line crosses. */
const GAP = 3.5;

export class Plot {
  /**
   * @param {HTMLCanvasElement} canvas
   */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {number | null} */
    this.pointed = null;
    /** @type {Series | null} */
    this.series = null;
    this.span = { from: 0, to: 1 };
    /** @type {{at: number, label: string} | undefined} */
    this.mark = undefined;
    /** @type {number[]} */
    this.times = [];
  }

  /** Show that data is on its way. */
  wait() {
    this.series = null;
    const pen = this.#clear();
    pen.fillStyle = this.#colour("--ink-soft");
    pen.fillText("Loading …", LEFT, TOP + 14);
  }

  /**
   * @param {Series} series
   * @param {{from: number, to: number}} span
   * @param {{at: number, label: string}} [mark]
   */
  draw(series, span, mark) {
    this.series = series;
    this.span = span;
    this.mark = mark;
    this.times = series.timestamps.map((moment) => Date.parse(moment));
    const last = this.times.length - 1;
    if (this.pointed !== null && this.pointed > last) this.pointed = null;
    this.#redraw();
  }

  /**
   * Point out one bucket, or none.
   * @param {number | null} index
   */
  point(index) {
    if (index === this.pointed) return;
    this.pointed = index;
    this.#redraw();
  }

  /**
   * The bucket nearest to a place on the canvas.
   * @param {number} x
   */
  at(x) {
    if (!this.times.length) return null;
    const moment = this.span.from + ((x - LEFT) / this.#width()) * (this.span.to - this.span.from);
    let nearest = 0;
    this.times.forEach((t, i) => {
      if (Math.abs(t - moment) < Math.abs(this.times[nearest] - moment)) nearest = i;
    });
    return nearest;
  }

  #redraw() {
    if (!this.series) return;
    const pen = this.#clear();
    this.#scale(this.series);
    this.#axes(pen, this.series.unit);
    for (const [begin, end] of this.#stretches()) this.#stretch(pen, this.series, begin, end);
    if (this.mark) this.#moment(pen, this.mark.at, this.mark.label);
    if (this.pointed !== null) this.#cross(pen, this.series, this.pointed);
  }

  #clear() {
    const { canvas } = this;
    const dense = devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * dense);
    canvas.height = Math.round(canvas.clientHeight * dense);
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.font = "12px system-ui, sans-serif";
    return pen;
  }

  /**
   * @param {Series} series
   */
  #scale(series) {
    let low = Math.min(...series.min);
    let high = Math.max(...series.max);
    if (!Number.isFinite(low)) [low, high] = [0, 1];
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    this.low = low - room;
    this.high = high + room;
  }

  #width() {
    return this.canvas.clientWidth - LEFT - RIGHT;
  }

  /** @param {number} moment */
  #x(moment) {
    return LEFT + ((moment - this.span.from) / (this.span.to - this.span.from)) * this.#width();
  }

  /** @param {number} value */
  #y(value) {
    const { low = 0, high = 1 } = this;
    const height = this.canvas.clientHeight - TOP - BOTTOM;
    return TOP + (1 - (value - low) / (high - low)) * height;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {string} unit
   */
  #axes(pen, unit) {
    const floor = this.canvas.clientHeight - BOTTOM;
    pen.strokeStyle = this.#colour("--grid");
    pen.fillStyle = this.#colour("--ink-soft");
    pen.lineWidth = 1;
    pen.beginPath();
    const values = steps(this.low ?? 0, this.high ?? 1, 4);
    for (const { value, text } of values) {
      pen.moveTo(LEFT, this.#y(value));
      pen.lineTo(LEFT + this.#width(), this.#y(value));
      pen.textAlign = "right";
      pen.fillText(text, LEFT - 6, this.#y(value) + 4);
    }
    for (const moment of timeSteps(this.span.from, this.span.to, this.#width() / 80)) {
      pen.moveTo(this.#x(moment), floor);
      pen.lineTo(this.#x(moment), floor + 4);
      pen.textAlign = "center";
      pen.fillText(axisTime(moment, this.span), this.#x(moment), floor + 17);
    }
    pen.stroke();
    pen.textAlign = "left";
    pen.fillText(unit === "1" ? "" : unit, 6, 12);
  }

  /** Where the line is whole: [first, last] of each stretch. */
  #stretches() {
    const { times } = this;
    const pauses = times.slice(1).map((t, i) => t - times[i]);
    /** @type {[number, number][]} */
    const found = [];
    let begin = 0;
    times.forEach((_, i) => {
      // A device may have changed its pace: a pause is a gap beside its neighbours, not the average.
      const usual = Math.max(pauses[i - 1] ?? 0, pauses[i + 1] ?? 0);
      const ends = i === times.length - 1 || (usual > 0 && pauses[i] > usual * GAP);
      if (ends) found.push([begin, i]);
      if (ends) begin = i + 1;
    });
    return found;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Series} series
   * @param {number} begin
   * @param {number} end
   */
  #stretch(pen, series, begin, end) {
    pen.beginPath();
    for (let i = begin; i <= end; i++) pen.lineTo(this.#x(this.times[i]), this.#y(series.max[i]));
    for (let i = end; i >= begin; i--) pen.lineTo(this.#x(this.times[i]), this.#y(series.min[i]));
    pen.closePath();
    pen.fillStyle = this.#colour("--band");
    pen.fill();
    pen.beginPath();
    for (let i = begin; i <= end; i++) pen.lineTo(this.#x(this.times[i]), this.#y(series.mean[i]));
    pen.strokeStyle = this.#colour("--trend");
    pen.lineWidth = 1.75;
    pen.lineJoin = "round";
    pen.stroke();
    if (begin !== end) return;
    pen.fillStyle = this.#colour("--trend");
    pen.fillRect(this.#x(this.times[begin]) - 1.5, this.#y(series.mean[begin]) - 1.5, 3, 3);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} at
   * @param {string} label
   */
  #moment(pen, at, label) {
    if (at < this.span.from || at > this.span.to) return;
    const x = Math.round(this.#x(at)) + 0.5;
    const right = x > LEFT + this.#width() - 50;
    pen.strokeStyle = this.#colour("--ink");
    pen.fillStyle = this.#colour("--ink");
    pen.lineWidth = 1;
    pen.setLineDash([4, 3]);
    pen.beginPath();
    pen.moveTo(x, TOP - 6);
    pen.lineTo(x, this.canvas.clientHeight - BOTTOM);
    pen.stroke();
    pen.setLineDash([]);
    pen.textAlign = right ? "right" : "left";
    pen.fillText(label, right ? x - 4 : x + 4, 12);
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Series} series
   * @param {number} i
   */
  #cross(pen, series, i) {
    const x = this.#x(this.times[i]);
    pen.strokeStyle = this.#colour("--ink-soft");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, TOP);
    pen.lineTo(x, this.canvas.clientHeight - BOTTOM);
    pen.stroke();
    pen.fillStyle = this.#colour("--ink");
    pen.beginPath();
    pen.arc(x, this.#y(series.mean[i]), 3.5, 0, 2 * Math.PI);
    pen.fill();
  }

  /** @param {string} name */
  #colour(name) {
    return getComputedStyle(this.canvas).getPropertyValue(name);
  }
}
