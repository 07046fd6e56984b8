import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Situation, isShelved, worstFirst, type Alert, type Sensor } from "@/live/situation";

const NOW = Date.parse("2026-03-01T03:00:00Z");
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

function sensor(id: number, more: Partial<Sensor> = {}): Sensor {
  return { id, name: `Sensor ${id}`, device_id: `S-${id}`, status: "active", unit: "bar", last_reading: 3, last_reading_at: at(-10), ...more } as Sensor;
}

function alert(id: number, more: Partial<Alert> = {}): Alert {
  return { id, version: 1, severity: "high", status: "open", sensor_id: 1, created_at: at(-id), alert_type: "low_pressure", condition_active: true, shelved_until: null, ...more } as Alert;
}

const reading = (value: number, seconds: number, id = 1): object => ({
  type: "sensor_reading",
  data: { sensor_id: id, device_id: `S-${id}`, value, unit: "bar", timestamp: at(seconds), is_anomaly: false },
});

let situation: Situation;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  situation = new Situation(() => Date.now());
  situation.load([sensor(1), sensor(2, { name: "A first one" })], []);
});
afterEach(() => vi.useRealTimers());

const apply = (message: object): void => situation.apply(message as Parameters<Situation["apply"]>[0]);
const value = (id = 1): number | null | undefined => situation.sensors.get(id)?.last_reading;

describe("readings", () => {
  it("replaces the value by a newer one and leaves the other sensors alone", () => {
    const other = situation.sensors.get(2);
    apply(reading(2.5, -1));
    expect(value()).toBe(2.5);
    expect(situation.sensors.get(2)).toBe(other);
  });

  it("does not take a late reading for the present value, and yet tells the charts", () => {
    const heard: number[] = [];
    situation.onReading((each) => heard.push(each.value));
    apply(reading(9, -60));
    expect(value()).toBe(3);
    expect(heard).toEqual([9]);
  });

  it("takes one of a sensor that it does not know for nothing", () => {
    apply(reading(1, 0, 99));
    expect(situation.sensors.size).toBe(2);
  });

  it("is no fresher for a device whose clock runs ahead", () => {
    apply(reading(2, 3600));
    expect(situation.freshest).toBe(NOW);
  });

  it("tells of thousands of readings in a few calls", () => {
    vi.runAllTimers();
    let calls = 0;
    situation.subscribe("sensor:1", () => (calls += 1));
    for (let count = 0; count < 2000; count += 1) {
      apply(reading(count, -5 + count / 1000));
      vi.advanceTimersByTime(0.5);
    }
    vi.runAllTimers();
    expect(calls).toBeLessThanOrEqual(11);
    expect(value()).toBe(1999);
  });
});

describe("alarms", () => {
  it("lists the worst first, then those nobody has reacted to, then the newest", () => {
    const all = [
      alert(1, { severity: "low" }),
      alert(2, { severity: "critical", status: "acknowledged" }),
      alert(3, { severity: "critical" }),
      alert(4, { severity: "critical", created_at: at(0) }),
    ];
    expect(all.toSorted(worstFirst).map((each) => each.id)).toEqual([4, 3, 2, 1]);
  });

  it("does not go back to an older version, whatever comes late", () => {
    apply({ type: "alert", data: alert(1, { version: 3, status: "acknowledged" }) });
    apply({ type: "alert", data: alert(1, { version: 2 }) });
    expect(situation.active().map((each) => each.status)).toEqual(["acknowledged"]);
  });

  it("calls when one is new or back, and once only", () => {
    const heard: number[] = [];
    situation.onAlarm((each) => heard.push(each.version));
    apply({ type: "alert", data: alert(1) });
    apply({ type: "alert", data: alert(1) });
    apply({ type: "alert", data: alert(1, { version: 2, status: "acknowledged" }) });
    apply({ type: "alert", data: alert(1, { version: 3 }) });
    expect(heard).toEqual([1, 3]);
  });

  it("drops out of the active ones when it is resolved", () => {
    apply({ type: "alert", data: alert(1) });
    expect(situation.worstOf(1)?.id).toBe(1);
    apply({ type: "alert", data: alert(1, { version: 2, status: "resolved" }) });
    expect(situation.active()).toEqual([]);
    expect(situation.worstOf(1)).toBeNull();
  });

  it("is shelved until its time is over", () => {
    expect(isShelved(alert(1, { shelved_until: at(60) }), NOW)).toBe(true);
    expect(isShelved(alert(1, { shelved_until: at(-60) }), NOW)).toBe(false);
    expect(isShelved(alert(1), NOW)).toBe(false);
  });
});

describe("silence", () => {
  it.each([
    ["it has never said anything", { last_reading_at: null }, true],
    ["it is as old as usual", { usual_interval_seconds: 60, last_reading_at: at(-200) }, false],
    ["four usual intervals are over", { usual_interval_seconds: 60, last_reading_at: at(-241) }, true],
    ["its habit is not known", { last_reading_at: at(-86_400) }, false],
    ["it is meant to be off", { status: "inactive", last_reading_at: null }, false],
  ])("when %s", (_, more, silent) => {
    expect(situation.isSilent(sensor(1, more as Partial<Sensor>))).toBe(silent);
  });

  it("when the server says so", () => {
    apply({ type: "alert", data: alert(1, { alert_type: "no_data" }) });
    expect(situation.isSilent(sensor(1))).toBe(true);
  });
});

it("takes everything afresh in place of all that was known", () => {
  apply({ type: "alert", data: alert(1) });
  situation.load([sensor(3)], [alert(7, { sensor_id: 3 })]);
  expect([...situation.sensors.keys()]).toEqual([3]);
  expect(situation.active().map((each) => each.id)).toEqual([7]);
});

it("knows after how long even the sensor that reports most often is overdue", () => {
  expect(situation.overdueAfter).toBe(Infinity);
  situation.load([sensor(1, { usual_interval_seconds: 900 }), sensor(2, { usual_interval_seconds: 30 }),
    sensor(3, { usual_interval_seconds: 5, status: "maintenance" })], []);
  expect(situation.overdueAfter).toBe(120_000);
});
