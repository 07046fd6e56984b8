import { beforeEach, expect, it } from "vitest";
import { Loading, MOST_WAITING } from "@/live/loading";
import { Situation, type Alert, type Sensor } from "@/live/situation";
import type { LiveMessage } from "@/live/stream";

interface Asked {
  come(value: number): Promise<void>;
  fail(): Promise<void>;
}

let asked: Asked[];
let pauses: (() => void)[];
let situation: Situation;
let loading: Loading;

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const at = (second: number): string => new Date(Date.UTC(2026, 2, 1, 3, 0, second)).toISOString();
const value = (): number | null | undefined => situation.sensors.get(1)?.last_reading;

function sensors(reading: number): [Sensor[], Alert[]] {
  return [[{ id: 1, name: "Mill Lane", status: "active", last_reading: reading, last_reading_at: at(0) } as Sensor], []];
}

function heard(reading: number, second = reading): LiveMessage {
  return { type: "sensor_reading", data: { sensor_id: 1, value: reading, unit: "bar", timestamp: at(second), is_anomaly: false } };
}

beforeEach(() => {
  asked = [];
  pauses = [];
  situation = new Situation(() => Date.parse(at(59)));
  loading = new Loading(situation, {
    fetch: () => new Promise((resolve, reject) => {
      asked.push({
        come: (reading) => (resolve(sensors(reading)), settle()),
        fail: () => (reject(new Error("gone")), settle()),
      });
    }),
    pause: () => new Promise((resolve) => pauses.push(resolve)),
  });
});

it("applies what was heard while all was fetched after it", async () => {
  loading.afresh([heard(2)]);
  loading.event(heard(3));
  expect(value()).toBeUndefined();
  await asked[0]?.come(1);
  expect(value()).toBe(3);
  loading.event(heard(4));
  expect(value()).toBe(4);
});

it("takes nothing that was fetched before the last time that all was to be fetched", async () => {
  loading.afresh([]);
  loading.afresh([heard(5)]); // the line was lost and back, and too much was missed
  await asked[0]?.come(9);
  expect(situation.loaded).toBe(false);
  await asked[1]?.come(1);
  expect(value()).toBe(5);
  expect(asked).toHaveLength(2);
});

it("asks until it has all, also over breaks of the line after which only events come", async () => {
  loading.afresh([]);
  await asked[0]?.fail();
  loading.event(heard(7));
  pauses[0]?.();
  await settle();
  await asked[1]?.fail();
  pauses[1]?.();
  await settle();
  await asked[2]?.come(1);
  expect([situation.loaded, value()]).toEqual([true, 7]);
});

it("fetches all again rather than keeping events without end", async () => {
  loading.afresh([]);
  for (let count = 0; count <= MOST_WAITING; count += 1) loading.event(heard(6));
  await asked[0]?.come(1);
  expect(asked).toHaveLength(2);
  await asked[1]?.come(8);
  expect(value()).toBe(8);
});

it("asks no more once it was stopped", async () => {
  loading.afresh([]);
  loading.stop();
  await asked[0]?.fail();
  pauses[0]?.();
  await settle();
  expect(asked).toHaveLength(1);
});
