import { describe, expect, it } from "vitest";
import type { Alert } from "@/live/situation";
import { callOf, write } from "@/sound/melody";
import { draw, runsOf } from "@/screens/alarms/curve";
import { canBe, choose, grouped, searchOf, wantedFrom, type Wanted } from "@/screens/alarms/list";
import { planOf } from "@/screens/wall/plan";
import { barOf, moodOf, standingOf, tankStanding, type Overview } from "@/screens/overview/glance";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const ALL: Wanted = { severities: [], standing: "all", words: "", grouping: "none" };

function alert(id: number, more: Partial<Alert> = {}): Alert {
  return {
    id, alert_type: "low_pressure", severity: "high", status: "open", title: `Alarm ${id}`, description: "", condition_active: true,
    created_at: "2026-03-01T11:00:00Z", sensor_id: 7, shelved_until: null, assigned_to: null, version: 1, ...more,
  } as Alert;
}

describe("the list of alarms", () => {
  it("has the worst first, and of those the ones nobody has reacted to", () => {
    const all = [alert(1, { severity: "low" }), alert(2, { status: "acknowledged" }), alert(3), alert(4, { severity: "critical", status: "acknowledged" })];
    expect(choose(all, ALL, NOW, null, () => "").map((each) => each.id)).toEqual([4, 3, 2, 1]);
  });

  it("hides what is shelved until it is asked for, and shows it again when the time is over", () => {
    const all = [alert(1, { shelved_until: "2026-03-01T12:30:00Z" }), alert(2)];
    const ids = (wanted: Wanted, now = NOW): number[] => choose(all, wanted, now, null, () => "").map((each) => each.id);
    expect(ids(ALL)).toEqual([2]);
    expect(ids({ ...ALL, standing: "shelved" })).toEqual([1]);
    expect(ids(ALL, NOW + 3_600_000).sort()).toEqual([1, 2]);
  });

  it("finds every word anywhere: title, kind, name and id of the device", () => {
    const all = [alert(1), alert(2, { title: "Burst" })];
    expect(choose(all, { ...ALL, words: "mill LOW" }, NOW, null, (each) => (each.id === 2 ? "Mill Lane" : "")).map((each) => each.id)).toEqual([2]);
  });

  it("keeps what is wanted in the address", () => {
    const wanted: Wanted = { severities: ["critical", "low"], standing: "mine", words: "north", grouping: "sensor" };
    expect(wantedFrom(searchOf(wanted))).toEqual(wanted);
    expect(wantedFrom(new URLSearchParams("standing=nonsense&severity=x&group=y"))).toEqual(ALL);
  });

  it("groups without losing the order", () => {
    const all = [alert(1, { severity: "critical" }), alert(2), alert(3, { severity: "critical" })];
    expect(grouped(all, "priority").map((group) => [group.key, group.alerts.length])).toEqual([["critical", 2], ["high", 1]]);
  });

  it("offers what the server would let", () => {
    expect(canBe(alert(1, { status: "in_progress" }))).toEqual({ acknowledged: false, started: false, resolved: true, closed: false, shelved: true });
    expect(canBe(alert(1, { status: "resolved" })).closed).toBe(true);
  });
});

describe("the sound", () => {
  it("is for high and critical alarms that nobody has reacted to and that are not shelved", () => {
    expect(callOf([alert(1, { severity: "medium" })], NOW)).toBeNull();
    expect(callOf([alert(1, { status: "acknowledged" })], NOW)).toBeNull();
    expect(callOf([alert(1, { shelved_until: "2026-03-01T13:00:00Z" })], NOW)).toBeNull();
    expect(callOf([alert(1), alert(2, { severity: "critical" })], NOW)).toBe("critical");
    expect(callOf([alert(1)], NOW)).toBe("high");
  });

  it("has soft edges and rests within each loop", () => {
    const samples = new Float32Array(16_000);
    write(samples, 8000, "critical");
    expect(samples[0]).toBe(0);
    expect(Math.max(...samples)).toBeGreaterThan(0.2);
    expect(samples.subarray(8000).every((sample) => sample === 0)).toBe(true);
  });
});

describe("a small curve", () => {
  it("breaks where readings are missing", () => {
    expect(runsOf([0, 10, 20, 200, 210])).toEqual([[0, 1, 2], [3, 4]]);
  });

  it("has room for limits beyond the values", () => {
    const drawing = draw({ times: [0, 10], low: [1, 1], mean: [2, 2], high: [3, 3] }, 0, 10, 100, 50, [9]);
    expect(drawing.y(9)).toBeGreaterThanOrEqual(0);
    expect(drawing.y(1)).toBeLessThanOrEqual(50);
  });
});

describe("the overview", () => {
  const figure = (value: number | null, usual: { low: number; median: number; high: number } | null): Overview["tanks"][0]["level"] => ({ value, at: null, usual, why: null });

  it("compares with what is usual, and claims nothing where that is unknown", () => {
    const usual = { low: 1, median: 2, high: 3 };
    expect([0, 2, 4].map((value) => standingOf(figure(value, usual)))).toEqual(["low", "usual", "high"]);
    expect(standingOf(figure(2, null))).toBe("unknown");
    expect(standingOf(figure(null, usual))).toBe("unknown");
    expect(barOf(figure(null, null))).toEqual({ from: 0, to: 1.15 });
  });

  it("holds a tank to its limits first", () => {
    expect(tankStanding({ sensor_id: 1, name: "T", level: figure(5, null), low: 1, high: 4 })).toBe("high");
  });

  it("is quiet only when nothing at all is amiss", () => {
    const quiet = { alarms: [{ severity: "high", unacknowledged: 0, acknowledged: 0, shelved: 0 }], silent: { count: 0, of: 3, longest: [] }, system: { issues: [] } } as unknown as Overview;
    expect(moodOf(quiet)).toBe("quiet");
    expect(moodOf({ ...quiet, silent: { count: 1, of: 3, longest: [] } })).toBe("handled");
    expect(moodOf({ ...quiet, alarms: [{ severity: "high", unacknowledged: 1, acknowledged: 0, shelved: 0 }] })).toBe("wrong");
  });
});

describe("the plan of a wall", () => {
  it("comes from the address, and bounds what it says", () => {
    const plan = planOf(new URLSearchParams("screens=alarms,sensors:12.13,nonsense&every=1&sound=on"));
    expect(plan).toEqual({ turns: [{ kind: "alarms" }, { kind: "sensors", ids: [12, 13] }], every: 5000, sound: true });
  });

  it("is the usual one where nothing is said", () => {
    expect(planOf(new URLSearchParams()).turns.map((turn) => turn.kind)).toEqual(["overview", "alarms", "map"]);
  });
});
