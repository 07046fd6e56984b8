import { describe, expect, it } from "vitest";
import { csvOf, idsOf, labelText, portOf } from "@/screens/devices/keys";
import { bodyOf, planOf, said, USUAL, wrongOf } from "@/screens/settings/spans";

describe("the ids of devices in what was pasted", () => {
  it("are one in each line, or between commas, each once", () => {
    expect(idsOf("PS-1\nPS-2, PS-3;PS-1\n\n")).toEqual(["PS-1", "PS-2", "PS-3"]);
  });
  it("are the column device_id of a CSV file, quoted or not", () => {
    expect(idsOf('\uFEFFname,device_id\r\n"Mill, old",PS-1\r\nWell,"PS 2"\r\n')).toEqual(["PS-1", "PS 2"]);
    expect(idsOf("device_id;name\nPS-1;Mill\n")).toEqual(["PS-1"]);
  });
});

describe("what leaves with keys", () => {
  const key = { deviceId: "=cmd()", name: 'the "old" one', key: "k1" };
  it("is CSV in which nothing is a formula", () => {
    expect(csvOf([key])).toBe('device_id,name,api_key\r\n\'=cmd(),"the ""old"" one",k1\r\n');
  });
  it("is a label with the ports that there are", () => {
    const doors = { url: "https://weir.example", mqttPort: portOf("[::]:1883"), tcpPort: portOf(undefined) };
    expect(JSON.parse(labelText(key, doors))).toEqual({ url: "https://weir.example", mqtt_port: 1883, device_id: "=cmd()", api_key: "k1" });
  });
});

describe("how long data are kept", () => {
  it("comes back as it went, for all sensors and for those of a kind", () => {
    const plan = planOf({ default: { ...USUAL, readings_days: 30 }, by_sensor_type: { flow: USUAL }, records_days: 900 });
    expect(plan.usual).toMatchObject({ readings_days: 30, minutes_days: 2196 });
    expect(planOf(bodyOf(plan))).toEqual(plan);
  });
  it("is wrong where coarse goes before fine", () => {
    expect(wrongOf({ readings_days: 30, minutes_days: 20, hours_days: 40, days_days: 50 })).toBe("minutes_days");
    expect(wrongOf({ readings_days: 30, minutes_days: 30, hours_days: 40, days_days: 50 })).toBeNull();
  });
  it("is said in years, months or days", () => {
    expect([said(1830), said(100), said(7)]).toEqual([{ unit: "year", count: 5 }, { unit: "month", count: 3 }, { unit: "day", count: 7 }]);
  });
});
