import { describe, expect, it } from "vitest";
import type { Alert } from "@/live/situation";
import { csv } from "@/parts/csv";
import { alarmsCsv, soughtOf } from "@/screens/alarms/history";
import { linesCsv } from "@/screens/audit/Export";
import { isAll, type Filters, type Line } from "@/screens/audit/filters";
import { lowestFirst } from "@/screens/overview/glance";

describe("a CSV file", () => {
  it("keeps commas, quotes and line ends inside a field, and lets no text be a formula", () => {
    expect(csv([["a", "b"], ["x,y", 'say "no"'], ["=1+1", -2], ["'-1", "it's"]])).toBe("a,b\r\n\"x,y\",\"say \"\"no\"\"\"\r\n'=1+1,-2\r\n''-1,it's\r\n");
  });
});

describe("the history of alarms", () => {
  it("is asked for as its filters say, whole days included", () => {
    const sought = soughtOf(new URLSearchParams("q=mill&severity=high&from=2026-03-01&to=2026-03-01&status="), 7);
    expect(sought).toMatchObject({ municipality_id: 7, q: "mill", severity: ["high"], status: [] });
    expect(Date.parse(sought.to ?? "") - Date.parse(sought.from ?? "")).toBe(86_400_000);
    expect(soughtOf(new URLSearchParams("from=yesterday"), 7)).toEqual({ municipality_id: 7, severity: [], status: [] });
  });
  it("leaves with the names of sensors and people, in the person's language", () => {
    const alert = {
      id: 5, raised_at: "2026-03-01T11:00:00Z", last_seen_at: "2026-03-01T11:00:00Z", severity: "high", status: "acknowledged", alert_type: "leak",
      title: "=Leak", description: "", sensor_id: 3, occurrences: 1, acknowledged_at: "2026-03-01T11:05:00Z", acknowledged_by: 9,
      assigned_to: null, resolved_at: null, closed_at: null,
    } as unknown as Alert;
    const names = { sensor: (id: number | null) => (id === 3 ? { name: "Mill Lane", device_id: "PS-1" } : undefined), person: (id: number | null) => (id === 9 ? "Ada" : ""), title: () => "=Fuga", why: () => "Sube" };
    const [, row] = alarmsCsv([alert], names).split("\r\n");
    expect(row).toBe("5,2026-03-01T11:00:00Z,2026-03-01T11:00:00Z,high,acknowledged,leak,'=Fuga,Sube,Mill Lane,PS-1,1,2026-03-01T11:05:00Z,Ada,,,");
  });
});

describe("the audit log", () => {
  const none: Filters = { text: "", actor: "", action: "", outcome: "", since: "", until: "", where: "here" };
  it("is taken whole by the server only where nothing is left out", () => {
    expect([isAll(none), isAll({ ...none, text: "  " }), isAll({ ...none, actor: "ada" }), isAll({ ...none, since: "2026-03-01T00:00" })]).toEqual([true, true, false, false]);
  });
  it("leaves in part with what proves each line", () => {
    const line = {
      number: 1, at: "2026-03-01T11:00:00Z", who: { kind: "user", id: 9, name: "ada", address: "127.0.0.1" }, action: "rule.added",
      object: { kind: "rule", id: "4", name: "Low" }, outcome: "done", details: { a: 1 }, municipality_id: 7, previous: "p", hash: "h", signature: "s",
    } as unknown as Line;
    expect(linesCsv([line]).split("\r\n")[1]).toBe('1,2026-03-01T11:00:00Z,user,9,ada,127.0.0.1,rule.added,rule,4,Low,done,7,"{""a"":1}",p,h,s');
  });
});

describe("the overview without zones", () => {
  it("has the lowest pressures first, whatever unit each is in, and nothing that was never measured", () => {
    const sensor = (unit: string, last_reading: number | null, more = {}): Parameters<typeof lowestFirst>[0][number] =>
      ({ status: "active", sensor_type: "pressure", unit, last_reading, ...more });
    const all = [sensor("bar", 3), sensor("kPa", 120), sensor("bar", null), sensor("bar", 0.1, { sensor_type: "flow" }), sensor("bar", 0.2, { status: "retired" })];
    const found = lowestFirst(all, (value, unit) => (unit === "kPa" ? value / 100 : value));
    expect(found.map((each) => each.last_reading)).toEqual([120, 3]);
  });
});
