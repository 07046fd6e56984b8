import uPlot from "uplot";
import { roomy, axisLabels, scalesOf, tickStep, timeTicks } from "./axis";
import { listen } from "./gestures";
import { gapsOfOne, type Line } from "./line";
import { drawBehind, drawDoubts, drawLimit, drawOver, LANE, lanesOf, type Doubt, type Mark, type Plot } from "./marks";
import { coloursOf, DASHES, faint, onTheme, pictureOf, traceOf, type Colours } from "./paint";
import { extent, nearest, raster, stepped, type Raster } from "./raster";
import { panned, spanOf, viewOf, zoomed, type Span, type View } from "./span";
import { drawTrace, type Look } from "./trace";

/** What stands on the axes, in the person's words. */
export interface Words {
  zone: string;
  tick(at: number, step: number, isFirst: boolean, before: number | null): string;
  number(value: number, step: number): string;
}

/** Everything that is drawn. */
export interface Scene {
  lines: readonly Line[];
  /** What is usual for the first line; each bucket's low, mean and high. */
  usual: Line | null;
  marks: readonly Mark[];
  limits: readonly { value: number; label: string }[];
  /** Readings of the first line that its device itself does not trust. */
  doubts: readonly Doubt[];
  /** An axis for each line instead of one for each unit. */
  apart: boolean;
  words: Words;
  /** What the lines were fetched for; a view inside of it needs nothing more. */
  holds: Span | null;
}

/** What stands under the cursor: a moment, and for each line the column's values. */
export interface Reading {
  at: number;
  /** How much time a column takes. */
  width: number;
  values: ({ at: number; low: number; mean: number; high: number; count: number } | null)[];
  usual: { low: number; high: number } | null;
}

export interface Hearer {
  /** The person looks at something else: said when their hand rests, and sooner where more has to be fetched. */
  view(view: View): void;
  reading(reading: Reading | null): void;
}

/** A hand that has not moved for so long rests. */
const REST = 160;
const SAY_EVERY = 400;
const BUSY = 500;
const TICK_ROOM = 84;
/** A value so many pixels away still belongs to the cursor. */
const REACH = 48;

/** A chart that draws itself: once a frame at most, and in place, however often data comes. */
export class Engine {
  readonly #root: HTMLElement;
  readonly #frame: HTMLElement;
  readonly #hearer: Hearer;
  readonly #now: () => number;
  readonly #isStill: boolean;
  #scene: Scene;
  #view: View;
  #colours: Colours;
  #plot: uPlot | null = null;
  #shape = "";
  #drawn: Raster = { times: [], lines: [] };
  #span = { from: 0, to: 1 };
  #cursor: number | null = null;
  #waiting = 0;
  #toSay: ReturnType<typeof setTimeout> | undefined;
  #said = 0;
  #touched = -Infinity;
  #ranges = new Map<string, [number, number]>();
  #height: number;
  #endings: (() => void)[] = [];

  constructor(root: HTMLElement, scene: Scene, view: View, hearer: Hearer, now: () => number, height: number, isStill = false) {
    this.#root = root;
    this.#scene = scene;
    this.#view = view;
    this.#hearer = hearer;
    this.#now = now;
    this.#height = height;
    this.#isStill = isStill;
    this.#colours = coloursOf(root);
    this.#frame = document.createElement("div");
    this.#frame.className = "uplot-pick";
    this.#frame.hidden = true;
    const sized = new ResizeObserver(() => this.draw());
    sized.observe(root);
    const clock = setInterval(() => this.#tick(), 1000);
    this.#endings.push(
      () => sized.disconnect(),
      () => clearInterval(clock),
      onTheme(() => {
        this.#colours = coloursOf(root);
        this.#shape = "";
        this.draw();
      }),
    );
    this.draw();
  }

  end(): void {
    cancelAnimationFrame(this.#waiting);
    clearTimeout(this.#toSay);
    for (const ending of this.#endings) ending();
    this.#plot?.destroy();
    this.#plot = null;
  }

  get view(): View {
    return this.#view;
  }

  show(scene: Scene, height: number): void {
    this.#scene = scene;
    this.#height = height;
    this.draw();
  }

  /** Look at this, unless a hand is just moving the chart. */
  look(view: View): void {
    if (performance.now() - this.#touched < BUSY) return;
    if (view.length === this.#view.length && view.end === this.#view.end) return;
    this.#view = view;
    this.draw();
  }

  zoom(factor: number, share = 0.5): void {
    const span = spanOf(this.#view, this.#now());
    this.#move(zoomed(this.#view, this.#now(), factor, span.from + share * (span.to - span.from)));
  }

  pan(share: number): void {
    this.#move(panned(this.#view, this.#now(), share * this.#view.length));
  }

  pick(from: number, to: number): void {
    const span = spanOf(this.#view, this.#now());
    const at = (share: number): number => span.from + share * (span.to - span.from);
    this.#move(viewOf({ from: at(from), to: at(to) }, this.#now()));
  }

  /** Put the cursor on the next column with a value, or on the first or last; null takes it away. */
  step(by: number | "first" | "last" | null): void {
    this.#point(by === null ? null : stepped(this.#inside(), this.#drawn.times, this.#cursor, by));
  }

  /** A picture of what is seen, over the panel's ground. */
  picture(title: string): HTMLCanvasElement | null {
    return this.#plot ? pictureOf(this.#plot.ctx.canvas, title, this.#colours, uPlot.pxRatio) : null;
  }

  /** Draw with the next frame. */
  draw(): void {
    this.#waiting ||= requestAnimationFrame(() => {
      this.#waiting = 0;
      this.#paint();
    });
  }

  #tick(): void {
    if (this.#view.end !== null || document.hidden) return;
    const pixel = this.#view.length / Math.max(1, this.#root.clientWidth);
    if (this.#now() - this.#span.to >= pixel) this.draw();
  }

  #move(view: View): void {
    this.#touched = performance.now();
    this.#view = view;
    this.draw();
    clearTimeout(this.#toSay);
    this.#toSay = setTimeout(() => {
      this.#say();
      if (this.#plot) this.#read(this.#plot);
    }, REST);
    if (this.#touched - this.#said > SAY_EVERY && !this.#isHeld()) this.#say();
  }

  #say(): void {
    this.#said = performance.now();
    this.#hearer.view(this.#view);
  }

  /** Whether what was fetched serves what is looked at, so that nobody has to be told of it yet. */
  #isHeld(): boolean {
    const { holds } = this.#scene;
    const { from, to } = spanOf(this.#view, this.#now());
    return holds !== null && holds.from <= from && holds.to >= to;
  }

  get #isMoving(): boolean {
    return performance.now() - this.#touched < REST;
  }

  #inside(): number[] {
    const { times, lines } = this.#drawn;
    const has = (column: number): boolean => lines.some((line) => typeof line.mean[column] === "number");
    return [...times.keys()].filter((at) => has(at) && (times[at] ?? 0) >= this.#span.from && (times[at] ?? 0) <= this.#span.to);
  }

  #point(column: number | null): void {
    const plot = this.#plot;
    const at = column === null ? undefined : this.#drawn.times[column];
    if (!plot || at === undefined) {
      plot?.setCursor({ left: -10, top: -10 });
      return;
    }
    plot.setCursor({ left: plot.valToPos(at, "x"), top: plot.height / 3 });
  }

  #paint(): void {
    const width = this.#root.clientWidth;
    if (width < 40) return;
    const scene = this.#scene;
    this.#span = spanOf(this.#view, this.#now());
    const all = scene.usual ? [...scene.lines, scene.usual] : [...scene.lines];
    this.#drawn = raster(all, this.#span, Math.max(20, width - 80));
    const scales = scalesOf(scene.lines.map((line) => line.unit), scene.apart);
    const lanes = lanesOf(scene.marks).length;
    const shape = JSON.stringify([scales, scene.usual !== null, lanes, scene.lines.map((line) => [line.id, line.unit]), width < 500]);
    if (shape !== this.#shape || !this.#plot) this.#build(shape, scales, lanes, width);
    const plot = this.#plot;
    if (!plot) return;
    if (plot.width !== width || plot.height !== this.#height) plot.setSize({ width, height: this.#height });
    plot.batch(() => {
      plot.setData(this.#data(), false);
      plot.setScale("x", { min: this.#span.from, max: this.#span.to });
      this.#ranges = this.#spread(scales);
      for (const [scale, [min, max]] of this.#ranges) plot.setScale(scale, { min, max });
    });
    if (this.#cursor !== null) this.#read(plot);
  }

  #data(): uPlot.AlignedData {
    const { times, lines } = this.#drawn;
    return [times, ...lines.map((line) => line.mean)] as uPlot.AlignedData;
  }

  #spread(scales: readonly string[]): Map<string, [number, number]> {
    const ranges = new Map<string, [number, number]>();
    for (const scale of new Set(scales)) {
      const mine = [...scales.keys()].filter((index) => scales[index] === scale);
      const limits = scale === "y" ? this.#scene.limits.map((limit) => limit.value) : [];
      if (scale === "y" && this.#scene.usual) mine.push(scales.length);
      ranges.set(scale, roomy(extent(this.#drawn, mine), limits));
    }
    return ranges;
  }

  #build(shape: string, scales: readonly string[], lanes: number, width: number): void {
    this.#plot?.destroy();
    this.#shape = shape;
    const made = new uPlot(this.#options(scales, lanes, width), [[], ...this.#drawn.lines.map(() => [])] as unknown as uPlot.AlignedData, this.#root);
    this.#plot = made;
    made.over.append(this.#frame);
    if (this.#isStill) return;
    made.over.style.touchAction = "pan-y";
    listen(made.over, this.#frame, {
      zoom: (factor, share) => this.zoom(factor, share),
      pan: (share) => this.pan(share),
      pick: (from, to) => this.pick(from, to),
      reset: () => this.#move({ length: this.#view.length, end: null }),
    });
  }

  #options(scales: readonly string[], lanes: number, width: number): uPlot.Options {
    const used = [...new Set(scales)];
    return {
      width,
      height: this.#height,
      ms: 1,
      padding: [lanes * LANE + 8, null, null, null],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        points: { show: !this.#isStill, size: 8 },
        dataIdx: (_, series, column) => this.#columnFor(series, column),
      },
      scales: {
        x: { time: true, auto: false, range: (_, min, max) => [min, max] },
        ...Object.fromEntries(used.map((name) => [name, { auto: false, range: (_: uPlot, min: number, max: number) => [min, max] as [number, number] }])),
      },
      series: [{}, ...this.#series(scales)],
      axes: this.#axes(used, width),
      hooks: {
        drawClear: [(plot) => drawBehind(this.#canvas(plot), this.#scene.marks, gapsOfOne(this.#scene.lines))],
        draw: [(plot) => this.#drawOver(plot)],
        setCursor: [(plot) => this.#read(plot)],
      },
    };
  }

  #columnFor(series: number, column: number): number {
    const line = this.#drawn.lines[series - 1];
    return line ? (nearest(line.mean, column, REACH) ?? column) : column;
  }

  /** For the axes and the cursor alone: the lines are drawn by `drawTrace`. */
  #series(scales: readonly string[]): uPlot.Series[] {
    const bare = { paths: () => null, points: { show: false } };
    const made: uPlot.Series[] = scales.map((scale, index) => ({ ...bare, scale, stroke: traceOf(this.#colours, index) }));
    return this.#scene.usual ? [...made, { ...bare, scale: "y", stroke: "transparent" }] : made;
  }

  #lookOf(index: number): Look {
    const stroke = traceOf(this.#colours, index);
    return { stroke, fill: faint(stroke, 0.36), edge: faint(stroke, 0.55), width: 1.75, dash: DASHES[index] ?? [], dots: true };
  }

  #axes(scales: readonly string[], width: number): uPlot.Axis[] {
    const look = { stroke: this.#colours.inkSoft, font: `12px ${this.#colours.font}`, ticks: { stroke: this.#colours.edge, width: 1, size: 4 } };
    const most = Math.max(2, Math.floor((width - 60) / TICK_ROOM));
    const time: uPlot.Axis = {
      ...look,
      grid: { stroke: this.#colours.edge, width: 0.5 },
      size: 40,
      splits: (_, __, min, max) => timeTicks({ from: min, to: max }, most, this.#scene.words.zone),
      values: (plot, ticks) => {
        const { min = 0, max = 1 } = plot.scales["x"] ?? {};
        const step = tickStep((max ?? 1) - (min ?? 0), most);
        return ticks.map((at, index) => this.#scene.words.tick(at, step, index === 0, ticks[index - 1] ?? null));
      },
    };
    const said = axisLabels(this.#scene.lines, this.#scene.apart);
    const sides = scales.slice(0, 2).map<uPlot.Axis>((scale, index) => ({
      ...look,
      scale,
      side: index === 0 ? 3 : 1,
      label: said.get(scale) ?? "",
      labelFont: look.font,
      labelSize: 18,
      labelGap: 0,
      grid: { show: index === 0, stroke: this.#colours.edge, width: 0.5 },
      size: (_, labels) => 16 + 7.2 * Math.max(2, ...(labels ?? []).map((label) => label.length)),
      space: 36,
      values: (_, ticks) => ticks.map((value) => this.#scene.words.number(value, Math.abs((ticks[1] ?? value + 1) - (ticks[0] ?? value)))),
    }));
    return [time, ...sides];
  }

  #canvas(plot: uPlot): Plot {
    return {
      ctx: plot.ctx, left: plot.bbox.left, top: plot.bbox.top, width: plot.bbox.width, height: plot.bbox.height,
      ratio: uPlot.pxRatio, span: this.#span, now: this.#now(), colours: this.#colours,
    };
  }

  #drawOver(plot: uPlot): void {
    const canvas = this.#canvas(plot);
    this.#drawLines(canvas);
    if (plot.scales["y"]) {
      for (const limit of this.#scene.limits) drawLimit(canvas, plot.valToPos(limit.value, "y", true), limit.label);
    }
    drawOver(canvas, this.#scene.marks);
  }

  #drawLines(canvas: Plot): void {
    const { lines, usual, apart } = this.#scene;
    const { times, lines: cells } = this.#drawn;
    const { edgeStrong, band } = this.#colours;
    const ofUsual = usual ? cells[lines.length] : undefined;
    const onY = this.#ranges.get("y") ?? [0, 1];
    if (ofUsual) drawTrace(canvas, times, ofUsual, onY, { stroke: edgeStrong, fill: band, edge: null, width: 1, dash: [2, 4], dots: false });
    const scales = scalesOf(lines.map((line) => line.unit), apart);
    for (const [index, scale] of scales.entries()) {
      const mine = cells[index];
      if (mine) drawTrace(canvas, times, mine, this.#ranges.get(scale) ?? [0, 1], this.#lookOf(index));
    }
    drawDoubts(canvas, this.#scene.doubts, onY);
  }

  /** Say what stands under the cursor, once no hand moves the chart. */
  #read(plot: uPlot): void {
    if (this.#isMoving) return;
    const left = plot.cursor.left ?? -1;
    const column = plot.cursor.idx;
    if (left < 0 || column === null || column === undefined) {
      if (this.#cursor !== null) this.#hearer.reading(null);
      this.#cursor = null;
      return;
    }
    const { times, lines } = this.#drawn;
    const cells = lines.map((line) => {
      const at = nearest(line.mean, column, REACH);
      if (at === null) return null;
      const number = (value: unknown): number => (typeof value === "number" ? value : 0);
      return { at: times[at] ?? 0, low: number(line.low[at]), mean: number(line.mean[at]), high: number(line.high[at]), count: line.count[at] ?? 0 };
    });
    const usual = this.#scene.usual ? cells.pop() : undefined;
    this.#cursor = cells.find((cell) => cell !== null)?.at ?? times[column] ?? 0;
    const width = this.#view.length / Math.max(1, plot.bbox.width / uPlot.pxRatio);
    this.#hearer.reading({ at: this.#cursor, width, values: cells, usual: usual ? { low: usual.low, high: usual.high } : null });
  }
}
