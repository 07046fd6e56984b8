import { describe, expect, it } from "vitest";
import { reasonOf } from "@/parts/reason";

const BAR = 100_000;

describe("why an alarm came", () => {
  it("names value and limit in the sensor's unit, and for how long", () => {
    const said = reasonOf({ value: 1.9 * BAR, limit: 2.5 * BAR, seconds: 30 }, "bar", false);
    expect(said?.say).toBe("limitFor");
    expect(said?.values["value"]).toBeCloseTo(1.9);
    expect(said?.values["limit"]).toBeCloseTo(2.5);
    expect(said?.times).toEqual({ time: 30_000 });
    expect(reasonOf({ value: 3 * BAR, limit: 2.5 * BAR, seconds: 0 }, "bar", true)?.say).toBe("limit");
  });

  it("says from where to where something fell, without a difference of units with an offset", () => {
    const said = reasonOf({ value: 283.15, change: -10, limit: 5, seconds: 300, window_seconds: 600 }, "°C", false);
    expect(said?.say).toBe("fell");
    expect(said?.values["before"]).toBeCloseTo(20);
    expect(said?.values["value"]).toBeCloseTo(10);
  });

  it("knows what is usual, what is silent and what stands still", () => {
    expect(reasonOf({ value: 1, usual_low: 2, usual_high: 3, score: 9 }, "m", false)?.say).toBe("usual");
    expect(reasonOf({ value: 1, score: 9 }, "m", false)?.say).toBe("strange");
    expect(reasonOf({ seconds: 1260, usual_seconds: 300, limit_seconds: 1200 }, "m", false)?.say).toBe("silentUsually");
    expect(reasonOf({ seconds: 1260, usual_seconds: 0, limit_seconds: 1200 }, "m", false)?.say).toBe("silent");
    expect(reasonOf({ seconds: 1260, usual_seconds: 300 }, "m", true)?.say).toBe("again");
    expect(reasonOf({ value: 3, seconds: 60, tolerance: 0 }, "m", false)?.say).toBe("still");
  });

  it("says which operating limit was left", () => {
    expect(reasonOf({ value: 9, low: 1, high: 8, seconds: 0 }, "m", false)).toMatchObject({ say: "above", values: { value: 9, limit: 8 } });
    expect(reasonOf({ value: 0.5, low: 1, seconds: 0 }, "m", false)).toMatchObject({ say: "below", values: { value: 0.5, limit: 1 } });
  });

  it("says that a value is back within the operating limits", () => {
    expect(reasonOf({ value: 3, low: 1, high: 8, seconds: 0 }, "m", true)).toMatchObject({ say: "back", values: { value: 3 } });
    expect(reasonOf({ value: 3, low: 1, seconds: 0 }, "m", true)?.say).toBe("back");
  });

  it("leaves to the server what it does not understand", () => {
    expect(reasonOf({}, "m", false)).toBeNull();
    expect(reasonOf({ value: 3, low: 1, high: 8 }, "m", false)).toBeNull();
  });
});
