import { describe, expect, it } from "vitest";
import { axisLabels, decimals, offsetAt, roomy, scalesOf, timeTicks } from "@/parts/chart/axis";
import { gapsIn, lineOf, withFresh, type Line } from "@/parts/chart/line";
import { nearest, raster } from "@/parts/chart/raster";
import { DAY, HOUR, MINUTE, panned, presetOf, readView, serves, spanOf, toAsk, viewOf, written, zoomed } from "@/parts/chart/span";

const NOW = Date.UTC(2026, 2, 1, 12);

function line(times: number[], values: number[], step = 0): Line {
  const said = { timestamps: times.map((at) => new Date(at).toISOString()), min: values, mean: values, max: values, count: values.map(() => 1) };
  return lineOf({ id: 1, name: "x", unit: "bar", step }, said);
}

describe("a view", () => {
  it("that shows now stays with now when it is zoomed at its right edge", () => {
    expect(zoomed({ length: DAY, end: null }, NOW, 0.5, NOW)).toEqual({ length: DAY / 2, end: null });
  });
  it("keeps what lies under the hand where it is", () => {
    const view = zoomed({ length: DAY, end: NOW - DAY }, NOW, 0.5, NOW - 1.5 * DAY);
    expect(spanOf(view, NOW)).toEqual({ from: NOW - 1.75 * DAY, to: NOW - 1.25 * DAY });
  });
  it("never goes beyond now, and sticks to it", () => {
    expect(panned({ length: HOUR, end: NOW - MINUTE }, NOW, HOUR)).toEqual({ length: HOUR, end: null });
    expect(panned({ length: HOUR, end: null }, NOW, -HOUR)).toEqual({ length: HOUR, end: NOW - HOUR });
    expect(viewOf({ from: NOW - HOUR, to: NOW + DAY }, NOW).end).toBeNull();
  });
  it.each([{ length: DAY, end: null }, { length: 12_345_000, end: null }, { length: HOUR, end: NOW - DAY }])("%j is read as it was written", (view) => {
    const said = new URLSearchParams();
    for (const [name, value] of Object.entries(written(view))) if (value !== null) said.set(name, value);
    expect(readView(said, NOW)).toEqual(view);
  });
  it("knows its preset", () => {
    expect([presetOf({ length: DAY, end: null }), presetOf({ length: DAY, end: NOW }), presetOf({ length: 5, end: null })]).toEqual(["24h", null, null]);
  });
});

describe("what is asked of the server", () => {
  it.each([MINUTE, HOUR, DAY, 30 * DAY, 365 * DAY, 20 * 365 * DAY])("has whole buckets of about a pixel over %d ms", (length) => {
    const span = { from: NOW - length, to: NOW };
    const asked = toAsk(span, 1000);
    expect(asked.from % asked.step).toBe(0);
    expect((asked.to - asked.from) / asked.step).toBe(asked.points);
    expect(asked.points).toBeLessThanOrEqual(10_000);
    expect(asked.from <= span.from && asked.to >= span.to).toBe(true);
    expect(serves(asked, { from: span.from - length / 3, to: span.to - length / 3 }, 1000)).toBe(true);
  });
});

describe("columns", () => {
  it("keep the one peak among a million readings", () => {
    const size = 1_000_000;
    const times = Float64Array.from({ length: size }, (_, at) => NOW + at * 1000);
    const flat = new Float64Array(size).fill(4);
    const high = flat.slice();
    high[654_321] = 99;
    const all: Line = { id: 1, name: "x", unit: "bar", times, low: flat, mean: flat, high, count: new Float64Array(size).fill(1), step: 0, gaps: [] };
    const drawn = raster([all], { from: NOW, to: NOW + size * 1000 }, 1000);
    expect(drawn.times.length).toBeLessThan(1010);
    expect(Math.max(...(drawn.lines[0]?.high.filter((value) => typeof value === "number") ?? []))).toBe(99);
    expect(drawn.lines[0]?.count.reduce((sum, each) => sum + each, 0)).toBe(size);
  });
  it("have no line over a gap, and one over columns that are only empty", () => {
    const seen = line([0, 10, 20, 30, 100, 110, 120].map((at) => NOW + at * 1000), [1, 1, 1, 1, 2, 2, 2]);
    const cells = raster([seen], { from: NOW, to: NOW + 120_000 }, 60).lines[0]?.mean ?? [];
    const lastBefore = cells.lastIndexOf(1);
    const firstAfter = cells.indexOf(2);
    expect(cells.slice(lastBefore + 1, firstAfter).every((cell) => cell === null)).toBe(true);
    expect(cells.slice(cells.indexOf(1), lastBefore).includes(null)).toBe(false);
  });
  it("reach to the nearest reading outside, so that a line comes in from the edge", () => {
    const seen = line([NOW - HOUR, NOW + HOUR], [1, 3]);
    const drawn = raster([seen], { from: NOW, to: NOW + MINUTE }, 10);
    expect([drawn.times[0], drawn.times.at(-1)]).toEqual([NOW - HOUR, NOW + HOUR]);
  });
  it("are found near the cursor, not beyond its reach", () => {
    expect([nearest([1, undefined, null, undefined, 2], 3), nearest([1, undefined, undefined], 2, 1)]).toEqual([4, null]);
  });
});

describe("a line", () => {
  it("takes fresh values into their buckets", () => {
    const fresh = withFresh(line([0, 10_000], [4, 5], 10_000), [{ at: 12_000, value: 9 }, { at: 21_000, value: 1 }]);
    expect([...fresh.times]).toEqual([0, 10_000, 20_000]);
    expect([...fresh.high]).toEqual([4, 9, 1]);
    expect([...fresh.mean]).toEqual([4, 7, 1]);
  });
  it("that once came more seldom has no gaps there", () => {
    const times = [0, 300, 600, 900, 910, 920, 930, 940, 950, 960, 970].map((at) => at * 1000);
    expect(gapsIn(Float64Array.from(times), 0)).toEqual([]);
  });
});

describe("the axes", () => {
  it("have ticks at midnight of the person's zone, also when its clock changes", () => {
    const span = { from: Date.UTC(2026, 2, 27), to: Date.UTC(2026, 3, 1) };
    const hours = timeTicks(span, 6, "Europe/Berlin").map((at) => new Date(at + offsetAt(at, "Europe/Berlin")).getUTCHours());
    expect(hours.length).toBeGreaterThan(3);
    expect(new Set(hours)).toEqual(new Set([0]));
  });
  it("have at most as many ticks as there is room for", () => {
    for (const length of [MINUTE, HOUR, DAY, 40 * DAY, 3000 * DAY]) {
      expect(timeTicks({ from: NOW, to: NOW + length }, 8, "Asia/Kolkata").length).toBeLessThanOrEqual(10);
    }
  });
  it("show a limit that is near, and are not pressed flat by one that is far", () => {
    expect(roomy([4, 5], [3.5])[0]).toBeLessThan(3.5);
    expect(roomy([4, 5], [100])[1]).toBeLessThan(6);
    expect(roomy(null)).toEqual([0, 1]);
  });
  it("are one for each unit, or one for each line", () => {
    expect(scalesOf(["bar", "m³/h", "bar"], false)).toEqual(["y", "y2", "y"]);
    expect(scalesOf(["bar", "bar"], true)).toEqual(["y", "y2"]);
    expect([decimals(0.25), decimals(5), decimals(0.01), decimals(2.5), decimals(0.3 - 0.2)]).toEqual([2, 0, 2, 1, 1]);
  });

  it("says the unit of each, and whose it is where each line has its own", () => {
    const lines = [{ name: "Quay", unit: "bar" }, { name: "Mill", unit: "bar" }, { name: "Lake", unit: "m³/h" }];
    expect([...axisLabels(lines, false)]).toEqual([["y", "bar"], ["y2", "m³/h"]]);
    expect([...axisLabels(lines.slice(0, 2), true)]).toEqual([["y", "Quay (bar)"], ["y2", "Mill (bar)"]]);
  });
});
