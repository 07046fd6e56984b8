// @ts-check
/** Puts the map on the canvas: pipes, marks, labels that do not cover each other, and the scale. */

import { quantity } from "./format.js";
import { drawSymbol } from "./shapes.js";

/** @typedef {import("./map.js").Mark} Mark */

const FONT = "12px system-ui, sans-serif";
const LABEL_HEIGHT = 16;
/** Beyond so many marks in sight only what is abnormal is labelled. */
const MOST_LABELS = 150;

export class MapPen {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./view.js").View} view
   */
  constructor(canvas, view) {
    this.canvas = canvas;
    this.view = view;
    this.pipes = new Path2D();
    /** Whether there is a plane yet, which has a scale. */
    this.laid = false;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {CSSStyleDeclaration} */
    this.style = getComputedStyle(canvas);
  }

  /**
   * Keep the pipes as one path on the plane: drawing ten thousand is one call.
   * @param {import("./types.js").Pipeline[]} pipelines
   */
  layPipes(pipelines) {
    this.laid = true;
    this.pipes = new Path2D();
    for (const pipe of pipelines) {
      pipe.geometry.coordinates.forEach((place, i) => {
        const [x, y] = this.view.plane(place);
        if (i === 0) this.pipes.moveTo(x, y);
        else this.pipes.lineTo(x, y);
      });
    }
  }

  /**
   * @param {Mark[]} marks lowest first
   */
  draw(marks) {
    const { canvas, pen } = this;
    const dense = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(height * dense);
    this.#drawPipes(dense);
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.font = FONT;
    const inSight = marks.filter(({ at }) => {
      const [x, y] = this.view.screen(at);
      return x > -20 && y > -20 && x < width + 20 && y < height + 20;
    });
    this.#drawPlain(inSight.filter(isPlain));
    for (const mark of inSight) if (!isPlain(mark)) this.#drawMark(mark);
    this.#label(inSight);
    if (this.laid) this.#scaleBar(height);
  }

  /** @param {number} dense */
  #drawPipes(dense) {
    const { pen, view } = this;
    pen.setTransform(view.scale * dense, 0, 0, view.scale * dense, view.x * dense, view.y * dense);
    pen.lineWidth = Math.min(2.5, Math.max(1.1, view.scale * 6)) / view.scale;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    pen.strokeStyle = this.#colour("--pipe");
    pen.stroke(this.pipes);
  }

  /**
   * The many sensors about which there is nothing to say, in one stroke.
   * @param {Mark[]} marks
   */
  #drawPlain(marks) {
    const { pen } = this;
    pen.beginPath();
    for (const { at } of marks) {
      const [x, y] = this.view.screen(at);
      pen.moveTo(x + 4.5, y);
      pen.arc(x, y, 4.5, 0, 2 * Math.PI);
    }
    pen.lineWidth = 1.5;
    pen.strokeStyle = this.#colour("--ink");
    pen.fillStyle = this.#colour("--sensor");
    pen.fill();
    pen.stroke();
  }

  /** @param {Mark} mark */
  #drawMark(mark) {
    const { pen } = this;
    const [x, y] = this.view.screen(mark.at);
    if (mark.chosen) this.#ring(x, y, mark.alert ? 18 : 11);
    if (mark.alert) {
      const { severity } = mark.alert;
      const ink = this.#colour("--alarm-ink");
      return drawSymbol(pen, severity, x, y, 24, { fill: this.#colour(`--${severity}`), ink });
    }
    pen.beginPath();
    pen.arc(x, y, mark.silent ? 6 : 4.5, 0, 2 * Math.PI);
    pen.lineWidth = 1.5;
    pen.strokeStyle = this.#colour("--ink");
    pen.fillStyle = this.#colour(mark.silent ? "--ground" : "--sensor");
    pen.setLineDash(mark.silent ? [3, 2] : []);
    pen.fill();
    pen.stroke();
    pen.setLineDash([]);
    if (mark.silent) this.#write("?", x, y, "center");
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   */
  #ring(x, y, radius) {
    const { pen } = this;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.lineWidth = 2.5;
    pen.strokeStyle = this.#colour("--focus");
    pen.stroke();
  }

  /**
   * Label what matters most first, and whatever else finds room.
   * @param {Mark[]} marks lowest first
   */
  #label(marks) {
    /** @type {[number, number, number, number][]} */
    const taken = marks.map(({ at, alert }) => {
      const [x, y] = this.view.screen(at);
      const half = alert ? 13 : 6;
      return [x - half, y - half, x + half, y + half];
    });
    // An alarm's label may cover a plain mark, but never another label or alarm.
    const labels = taken.filter((_, i) => marks[i].alert);
    const wanted = marks.length > MOST_LABELS ? marks.filter((mark) => mark.alert || mark.chosen) : marks;
    for (const mark of [...wanted].reverse()) {
      const label = labelOf(mark);
      const width = this.pen.measureText(label).width;
      const box = this.#room(mark, width, taken) ?? (mark.alert || mark.chosen ? this.#room(mark, width, labels) : null);
      if (!box) continue;
      taken.push(box);
      labels.push(box);
      this.#write(label, box[0] + 2, (box[1] + box[3]) / 2, "left");
    }
  }

  /**
   * A place beside the mark where nothing is yet.
   * @param {Mark} mark
   * @param {number} width
   * @param {[number, number, number, number][]} taken
   * @returns {[number, number, number, number] | null}
   */
  #room(mark, width, taken) {
    const [x, y] = this.view.screen(mark.at);
    const off = mark.alert ? 15 : 9;
    const half = LABEL_HEIGHT / 2;
    const places = [[x + off, y - half], [x - off - width - 4, y - half], [x - width / 2, y - off - LABEL_HEIGHT], [x - width / 2, y + off]];
    for (const [left, top] of places) {
      /** @type {[number, number, number, number]} */
      const box = [left, top, left + width + 4, top + LABEL_HEIGHT];
      const inside = box[0] >= 0 && box[1] >= 0 && box[2] <= this.canvas.clientWidth && box[3] <= this.canvas.clientHeight;
      const free = taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
      if (inside && free) return box;
    }
    return null;
  }

  /**
   * Text with a rim of ground colour, so that pipes do not run through it.
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {CanvasTextAlign} align
   */
  #write(text, x, y, align) {
    const { pen } = this;
    pen.textAlign = align;
    pen.textBaseline = "middle";
    pen.lineWidth = 3.5;
    pen.lineJoin = "round";
    pen.strokeStyle = this.#colour("--ground");
    pen.strokeText(text, x, y);
    pen.fillStyle = this.#colour("--ink");
    pen.fillText(text, x, y);
  }

  /** @param {number} height */
  #scaleBar(height) {
    const { pen } = this;
    const rough = 110 / this.view.scale;
    const power = 10 ** Math.floor(Math.log10(rough));
    const metres = ([5, 2, 1].find((n) => n * power <= rough) ?? 1) * power;
    const width = metres * this.view.scale;
    const text = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
    pen.lineWidth = 2;
    pen.strokeStyle = this.#colour("--ink-soft");
    pen.beginPath();
    pen.moveTo(12, height - 18);
    pen.lineTo(12, height - 12);
    pen.lineTo(12 + width, height - 12);
    pen.lineTo(12 + width, height - 18);
    pen.stroke();
    this.#write(text, 12 + width + 6, height - 14, "left");
  }

  /** @param {string} name */
  #colour(name) {
    return this.style.getPropertyValue(name);
  }
}

/** @param {Mark} mark */
const isPlain = (mark) => !mark.alert && !mark.silent && !mark.chosen;

/**
 * What a mark is called, with its value.
 * @param {Mark} mark
 */
export function labelOf({ sensor, alert, silent }) {
  if (!sensor) return alert?.title ?? "";
  return `${sensor.name}  ${silent ? "silent" : quantity(sensor.last_reading, sensor.unit)}`;
}
