import { describe, expect, it } from "vitest";
import { curl, doorOf, isOnlyHere, mosquitto, quoted } from "@/screens/set-up/commands";
import { keysFile, placeOf, placesIn } from "@/screens/set-up/csv";
import { around, projector } from "@/screens/set-up/plan";
import { firstLeft, isDone, stepOf, type Progress } from "@/screens/set-up/steps";

const NOTHING = {
  people: 1, pipes: 0, nodes: 0, sensors: 0, placed_sensors: 0, reporting_sensors: 0, zones: 0, channels: 0, told: false, centre: null, doors: {},
} as unknown as Progress;

describe("the first steps", () => {
  it("go on where something is left", () => {
    const none = { hasPlace: false, hasFactor: false };
    expect(firstLeft(NOTHING, none)).toBe("place");
    expect(firstLeft(NOTHING, { ...none, hasPlace: true })).toBe("network");
    expect(firstLeft({ ...NOTHING, pipes: 2, sensors: 1 }, { ...none, hasPlace: true })).toBe("device");
    const all = { ...NOTHING, pipes: 2, sensors: 1, reporting_sensors: 1, channels: 1 };
    expect(isDone("summary", all, { hasPlace: true, hasFactor: true })).toBe(true);
  });
  it("are named by the address", () => {
    expect([stepOf("/set-up/duty"), stepOf("/set-up"), stepOf("/set-up/moon")]).toEqual(["duty", null, null]);
  });
});

describe("what a device must send", () => {
  it("is one line that a shell takes as it is meant", () => {
    const device = { name: "PS 1'", key: "k", unit: "bar" };
    expect(quoted("PS 1'")).toBe(String.raw`'PS 1'\'''`);
    expect(mosquitto("weir.local", "1883", device)).toContain("-h weir.local -p 1883");
    expect(curl("http://weir.local:8000", device)).toContain("/sensors/PS%201'/readings".replace("'", String.raw`'\''`));
  });
  it("goes to the door that listens", () => {
    expect(doorOf("[::]:1883")).toEqual({ host: "::", port: "1883" });
    expect([isOnlyHere("127.0.0.1"), isOnlyHere("0.0.0.0")]).toEqual([true, false]);
  });
});

describe("files", () => {
  it("show where their sensors are", () => {
    expect(placesIn('device_id;name;latitude;longitude\nA;"x;y";52,5;13.4\nB;b;;\n')).toEqual([[13.4, 52.5]]);
    expect(placeOf("91", "0")).toBeNull();
  });
  it("of keys are no formulas", () => {
    expect(keysFile([{ device_id: "=A", sensor_id: 1, api_key: "k" }])).toBe("device_id,sensor_id,api_key\r\n'=A,1,k\r\n");
  });
  it("are drawn with north up", () => {
    const box = around([[13, 52], [14, 53]]);
    expect(box).toEqual([13, 52, 14, 53]);
    const at = projector(box ?? [], 100, 100, 0);
    expect(at([13.5, 52.5])).toEqual([50, 50]);
    expect(at([13.5, 53])[1]).toBeLessThan(50);
  });
});
