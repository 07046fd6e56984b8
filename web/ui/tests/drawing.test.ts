import { describe, expect, it } from "vitest";
import { gapsOfOne, type Line } from "@/parts/chart/line";
import { drawBehind, drawDoubts, drawLimit, type Mark, type Plot } from "@/parts/chart/marks";
import { drawTrace, type Ground, type Look } from "@/parts/chart/trace";
import type { Raster } from "@/parts/chart/raster";

type Call = [string, ...number[]];

/** A canvas that writes down what is drawn on it. */
function canvas(): { ctx: CanvasRenderingContext2D; calls: Call[] } {
  const calls: Call[] = [];
  const ctx = new Proxy({}, {
    get: (_, name) => (...said: number[]) => void calls.push([String(name), ...said]),
    set: () => true,
  });
  return { ctx: ctx as CanvasRenderingContext2D, calls };
}

const LOOK: Look = { fill: "a", edge: "b", stroke: "c", width: 1.75, dash: [], dots: true };
const SIDE = 1000;

function drawn(cells: Raster["lines"][number], times: number[], look = LOOK): Call[] {
  const { ctx, calls } = canvas();
  const ground: Ground = { ctx, left: 0, top: 0, width: SIDE, height: 100, ratio: 1, span: { from: 0, to: SIDE } };
  drawTrace(ground, times, cells, [0, 10], look);
  return calls;
}

function cellsOf(values: [number, number, number][]): Raster["lines"][number] {
  return { low: values.map(([low]) => low), mean: values.map(([, mean]) => mean), high: values.map(([, , high]) => high), count: values.map(() => 1) };
}

describe("a line of a thousand columns", () => {
  const times = Array.from({ length: SIDE }, (_, at) => at + 0.5);
  const values = times.map((_, at): [number, number, number] => (at === 500 ? [4, 5, 10] : [4, 5, 6]));
  const bars = drawn(cellsOf(values), times).filter(([name]) => name === "fillRect");
  it("is one bar for each, without a hole or a pixel twice", () => {
    expect(bars).toHaveLength(SIDE);
    const covered = bars.flatMap(([, x = 0, , width = 0]) => Array.from({ length: width }, (_, more) => x + more));
    expect(new Set(covered).size).toBe(covered.length);
    expect(Math.max(...covered) - Math.min(...covered)).toBe(covered.length - 1);
  });
  it("keeps the one peak, up to its last pixel", () => {
    expect(bars.filter(([, , y]) => y === 0)).toHaveLength(1);
  });
  it("has its mean in one stroke", () => {
    expect(drawn(cellsOf(values), times).filter(([name]) => name === "stroke")).toHaveLength(1);
  });
});

describe("a line of few readings", () => {
  it("has a dot at each, and is lifted over a gap", () => {
    const cells = cellsOf([[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]]);
    (cells.mean as (number | null)[])[1] = null;
    const calls = drawn(cells, [0, 300, 600, 900]);
    expect(calls.filter(([name]) => name === "arc")).toHaveLength(3);
    expect(calls.filter(([name]) => name === "lineTo")).toHaveLength(1);
  });
  it("that stands alone is a dot", () => {
    expect(drawn(cellsOf([[1, 1, 1]]), [500]).filter(([name]) => name === "arc")).toHaveLength(1);
  });
  it("passes over places that belong to other lines", () => {
    const cells = cellsOf([[1, 1, 1], [2, 2, 2], [3, 3, 3]]);
    (cells.mean as (number | undefined)[])[1] = undefined;
    expect(drawn(cells, [0, 300, 600]).filter(([name]) => name === "lineTo")).toHaveLength(1);
  });
});

describe("what lies beside the line", () => {
  const plot = (): { plot: Plot; calls: Call[] } => {
    const { ctx, calls } = canvas();
    const colours = new Proxy({}, { get: () => "x" }) as Plot["colours"];
    return { plot: { ctx, left: 0, top: 0, width: SIDE, height: 100, ratio: 1, span: { from: 0, to: SIDE }, now: SIDE, colours }, calls };
  };
  it("is a cross for bad readings and a diamond for uncertain ones, where they are in sight", () => {
    const { plot: ground, calls } = plot();
    drawDoubts(ground, [{ at: 100, value: 5, isBad: true }, { at: 200, value: 5, isBad: false }, { at: 2000, value: 5, isBad: true }], [0, 10]);
    expect(calls.filter(([name]) => name === "stroke")).toHaveLength(2);
    expect(calls.filter(([name]) => name === "fill")).toHaveLength(1);
  });
  it("is a hatch over each gap of one line, and over what the server calls a gap where there are several", () => {
    const gap: Mark = { key: "g", kind: "gap", from: 10, to: 20, title: "", severity: null, hollow: false, href: null };
    const one = plot();
    drawBehind(one.plot, [gap], [{ from: 10, to: 20 }, { from: 30, to: 40 }]);
    expect(one.calls.filter(([name]) => name === "strokeRect")).toHaveLength(2);
    const several = plot();
    drawBehind(several.plot, [gap], null);
    expect(several.calls.filter(([name]) => name === "strokeRect")).toHaveLength(1);
    const line = { gaps: [gap] } as unknown as Line;
    expect([gapsOfOne([line]), gapsOfOne([line, line])]).toEqual([[gap], null]);
  });
  it("is a line with its name for a limit in sight, and the name alone at the edge that a far one lies beyond", () => {
    const said = (y: number): { line: boolean; text: unknown; at: unknown } => {
      const { plot: ground, calls } = plot();
      drawLimit(ground, y, "Limit 2 bar");
      const text = calls.find(([name]) => name === "fillText");
      return { line: calls.some(([name]) => name === "lineTo"), text: text?.[1], at: text?.[3] };
    };
    expect(said(40)).toEqual({ line: true, text: "Limit 2 bar", at: 37 });
    expect(said(-300)).toEqual({ line: false, text: "↑ Limit 2 bar", at: 3 });
    expect(said(900)).toEqual({ line: false, text: "↓ Limit 2 bar", at: 97 });
  });
});
