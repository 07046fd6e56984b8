import { describe, expect, it } from "vitest";
import type { Alert, Sensor } from "@/live/situation";
import { readWanted, sifted, writeWanted, type Known } from "@/screens/sensors/list/sift";
import { fromField, toField } from "@/screens/sensors/one/Spans";
import { patchOf } from "@/screens/sensors/device/Edit";
import { comparedOf } from "@/screens/rules/compared";
import { conditionOf, draftOf, emptyDraft, ruleOf } from "@/screens/rules/draft";
import { sizeOf } from "@/screens/rules/Duration";
import type { Rule } from "@/screens/rules/use-rules";

function sensor(id: number, name: string, more: Partial<Sensor> = {}): Sensor {
  return { id, name, device_id: `D-${id}`, status: "active", sensor_type: "pressure", unit: "bar", last_reading: id, last_reading_at: new Date(id * 1000).toISOString(), ...more } as Sensor;
}

const ALL = [sensor(1, "Mill Lane"), sensor(2, "Dairy", { sensor_type: "flow" }), sensor(3, "Mill Pond", { status: "faulty" })];
const KNOWN: Known = { isSilent: (each) => each.id === 2, worst: new Map([[3, { severity: "critical" } as Alert]]), inZone: new Set([1, 3]) };

function sift(query: string): number[] {
  return sifted(ALL, readWanted(new URLSearchParams(query)), KNOWN);
}

describe("the list of sensors", () => {
  it.each([
    ["", [1, 2, 3]], ["q=mill lane", [1]], ["q=d-2", [2]], ["type=flow", [2]], ["state=silent", [2]], ["state=alarm", [3]],
    ["state=faulty", [3]], ["zone=7", [1, 3]], ["sort=state", [3, 2, 1]], ["sort=age", [3, 2, 1]], ["sort=-value", [3, 1, 2]],
  ])("that is asked for “%s” has %j", (query, ids) => {
    expect(sift(query)).toEqual(ids);
  });
  it("is in the address as it is asked for", () => {
    const query = "q=mill&type=flow&state=alarm&zone=7&sort=-age";
    expect(writeWanted(readWanted(new URLSearchParams(query))).toString()).toBe(query);
  });
});

describe("a form", () => {
  it("shows moments by the person's clock", () => {
    const at = Date.UTC(2026, 6, 1, 10);
    expect(toField(at, "Europe/Berlin")).toBe("2026-07-01T12:00");
    expect(fromField("2026-07-01T12:00", "Europe/Berlin")).toBe(at);
  });
  it("changes only what was changed", () => {
    const before = { name: "a", min: "1", max: "", latitude: "", longitude: "", status: "active" as const };
    expect(patchOf(before, { ...before, max: "2,5" })).toEqual({ threshold_config: { min: 1, max: 2.5 } });
    expect(patchOf(before, before)).toEqual({});
  });
});

describe("a rule in the form", () => {
  const base = { id: 1, name: "r", sensor_id: 5, sensor_type: null, severity: "low", alert_type: "x", enabled: true, resolve_when_cleared: true } as unknown as Rule;
  it.each<Rule["condition"]>([
    { type: "threshold", operator: ">=", value: 2.5, unit: "bar", for_seconds: 30 },
    { type: "rate_of_change", change: 1, unit: "bar", within_seconds: 60, direction: "fall" },
    { type: "no_data", for_seconds: null },
    { type: "no_data", for_seconds: 900 },
    { type: "flatline", for_seconds: 7200, tolerance: 0.1, unit: null },
    { type: "out_of_range", for_seconds: 0 },
    { type: "anomaly", deviations: 4, for_readings: 2 },
  ])("comes out as it went in: %j", (condition) => {
    expect(conditionOf(draftOf({ ...base, condition }))).toEqual(condition);
  });
  it("is not whole without a value, a sensor or a name", () => {
    const whole = { ...emptyDraft(5), name: "n", value: "2" };
    expect(ruleOf(whole)).not.toBeNull();
    for (const lack of [{ value: "" }, { value: "x" }, { sensor: null }, { name: " " }, { scope: "all" as const }]) {
      expect(ruleOf({ ...whole, ...lack })).toBeNull();
    }
  });
  it.each([[30, "s"], [120, "min"], [7200, "h"], [86_400, "d"], [90, "s"]])("says %d s in %s", (seconds, size) => {
    expect(sizeOf(seconds)).toBe(size);
  });
});

describe("what a replay is compared with", () => {
  const none = { min: null, max: null };
  it("is the limit of a rule, on its side, in its own unit", () => {
    expect(comparedOf({ type: "threshold", operator: "<", value: 2, unit: "psi", for_seconds: 0 }, none))
      .toEqual({ is: "levels", levels: [{ value: 2, unit: "psi", side: "below" }] });
    expect(comparedOf({ type: "threshold", operator: ">=", value: 9, unit: null, for_seconds: 0 }, none))
      .toEqual({ is: "levels", levels: [{ value: 9, unit: null, side: "atLeast" }] });
  });
  it("is each limit that the sensor has, and nothing where it has none", () => {
    const outside = { type: "out_of_range" as const, for_seconds: 0 };
    const [low, high] = [{ value: 0, unit: null, side: "below" }, { value: 8, unit: null, side: "above" }];
    expect(comparedOf(outside, { min: 0, max: 8 })).toEqual({ is: "levels", levels: [low, high] });
    expect(comparedOf(outside, { min: null, max: 8 })).toEqual({ is: "levels", levels: [high] });
    expect(comparedOf(outside, none)).toEqual({ is: "levels", levels: [] });
  });
  it("is a band for what is usual, and words where nothing has a height", () => {
    expect(comparedOf({ type: "anomaly", deviations: 4, for_readings: 2 }, none)).toEqual({ is: "band", deviations: 4 });
    expect(comparedOf({ type: "rate_of_change", change: 1, unit: null, within_seconds: 300, direction: "fall" }, none)).toEqual({ is: "words", of: "change" });
    expect(comparedOf({ type: "no_data", for_seconds: null }, none)).toEqual({ is: "words", of: "silence" });
    expect(comparedOf({ type: "flatline", for_seconds: 60, tolerance: 0, unit: null }, none)).toEqual({ is: "words", of: "stillness" });
  });
});
