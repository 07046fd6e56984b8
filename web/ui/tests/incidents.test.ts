import { describe, expect, it } from "vitest";
import { surplus, MOST_KEPT } from "@/offline/kept";
import type { Deed, Item as Waiting } from "@/offline/deeds";
import { shownOf } from "@/screens/incidents/checklist";
import type { Attachment, Incident, Item as Check, LinkedAlert, Step } from "@/screens/incidents/data";
import { choose, wantedFrom, withFilter } from "@/screens/incidents/list";
import { LARGEST, looked } from "@/screens/incidents/photos";
import { until, valueAt } from "@/screens/incidents/replayed";
import { alarmsAt, hoursAfter, photosAt, sceneBox, statusAt, valuesAt } from "@/screens/incidents/replay-scene";
import type { Work } from "@/screens/maintenance/data";
import { byDay, isOverdue } from "@/screens/maintenance/days";

const incident = (over: Partial<Incident>): Incident => ({
  id: 1, title: "Burst", description: "", incident_type: "", severity: "medium", status: "open", notes: "", alert_id: null, sensor_id: null,
  sensor_name: null, location: null, municipality_id: 7, reported_by: 1, assigned_to: null, created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z", resolved_at: null, version: 1, title_code: null, title_about: null, evidence: null, ...over,
});

describe("a checklist", () => {
  const item = (over: Partial<Check>): Check => ({
    id: 1, incident_id: 5, municipality_id: 7, number: 1, text: "Shut valve 7", done: false, done_at: null, done_by: null, version: 1, ...over,
  });
  const written = (number: number, deed: Deed, state: Waiting["state"] = "waiting"): Waiting =>
    ({ number, person: 1, municipality: 7, key: `${number}`, at: 0, triedAt: null, state, why: "", deed });

  it("shows what waits to be sent over what the server knows, of this incident alone", () => {
    const waiting = [
      written(1, { kind: "tick", incident: 5, item: 1, version: 1, text: "", isDone: true }),
      written(2, { kind: "item", incident: 5, mark: "new", text: "Tell the school" }),
      written(3, { kind: "tick", incident: 5, item: "new", version: null, text: "", isDone: true }),
      written(4, { kind: "item", incident: 6, mark: "other", text: "Another incident's" }),
    ];
    const shown = shownOf([item({}), item({ id: 2, text: "Dig", done: true })], waiting, 5);
    expect(shown.map(({ text, isDone, tick }) => [text, isDone, tick?.number ?? 0])).toEqual([
      ["Shut valve 7", true, 1], ["Dig", true, 0], ["Tell the school", true, 3],
    ]);
  });

  it("shows what the server knows where it refused a tick", () => {
    const refused = written(1, { kind: "tick", incident: 5, item: 1, version: 1, text: "", isDone: true }, "refused");
    expect(shownOf([item({})], [refused], 5)[0]?.isDone).toBe(false);
  });
});

describe("the list", () => {
  it("shows what is not settled first, the worst of it at the top", () => {
    const all = [
      incident({ id: 1, status: "closed", severity: "critical" }),
      incident({ id: 2, severity: "low" }),
      incident({ id: 3, severity: "critical", status: "in_progress" }),
    ];
    expect(choose(all, wantedFrom(new URLSearchParams()), 1).map(({ id }) => id)).toEqual([3, 2, 1]);
  });

  it("finds by words, status and whose it is, and keeps that in the address", () => {
    const all = [incident({ id: 1, title: "Burst in Mill Lane", assigned_to: 4 }), incident({ id: 2, title: "Leak" })];
    const search = new URLSearchParams(withFilter(new URLSearchParams("q=mill"), "whose", "mine"));
    expect(choose(all, wantedFrom(search), 4).map(({ id }) => id)).toEqual([1]);
    expect(withFilter(search, "whose", "all")).toBe("q=mill");
  });
});

describe("a file", () => {
  it("is looked at before it is sent", () => {
    expect(looked({ name: "a.jpg", size: 10, type: "image/jpeg" })).toEqual({ type: "image/jpeg" });
    expect(looked({ name: "IMG.HEIC", size: 10, type: "" })).toEqual({ type: "image/heic" });
    expect(looked({ name: "a.exe", size: 10, type: "" })).toEqual({ wrong: "type" });
    expect(looked({ name: "a.jpg", size: LARGEST + 1, type: "image/jpeg" })).toEqual({ wrong: "size" });
    expect(looked({ name: "a.jpg", size: 0, type: "image/jpeg" })).toEqual({ wrong: "empty" });
  });
});

describe("a replay", () => {
  const values = Float64Array.of(1, 2, 3);
  const line = { id: 1, name: "P", unit: "bar", times: Float64Array.of(10, 20, 30), low: values, mean: values, high: values, count: values, step: 10, gaps: [] };

  it("knows at a moment only what was known then", () => {
    expect([...until(line, 25).times]).toEqual([10, 20]);
    expect(valueAt(line, 25)).toEqual({ value: 2, at: 20 });
    expect(valueAt(line, 5)).toBeNull();
  });
});

describe("work", () => {
  const work = (over: Partial<Work>): Work => ({
    id: 1, alert_id: null, incident_id: null, sensor_id: null, pipeline_id: null, asset_id: null, municipality_id: 7, status: "planned", work: "Flush",
    notes: "", planned_for: null, due_at: null, assigned_to: null, out_of_service: null, keeps_out: false, repeat_days: null, done_at: null, by: 1,
    created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z", version: 1, ...over,
  });

  it("lies on the day of the person's time zone, what has no time at the end", () => {
    const all = [
      work({ id: 1 }),
      work({ id: 2, planned_for: "2026-03-01T23:30:00Z" }),
      work({ id: 3, planned_for: "2026-03-01T08:00:00Z" }),
      work({ id: 4, status: "done", done_at: "2026-02-01T08:00:00Z" }),
    ];
    const days = byDay(all, "Europe/Berlin", false);
    expect(days.map(({ key, work: inside }) => [key, inside.map(({ id }) => id)])).toEqual([["2026-03-01", [3]], ["2026-03-02", [2]], ["", [1]]]);
    expect(byDay(all, "UTC", true).flatMap((each) => each.work).map(({ id }) => id)).toEqual([4]);
  });

  it("is late only while it is open", () => {
    const due = "2026-03-01T00:00:00Z";
    expect(isOverdue(work({ due_at: due }), Date.parse(due) + 1)).toBe(true);
    expect(isOverdue(work({ due_at: due, status: "done" }), Date.parse(due) + 1)).toBe(false);
  });
});

it("keeps the newest of what was known", () => {
  const kept = Array.from({ length: MOST_KEPT + 1 }, (_, at) => ({ key: `${at}`, person: 1, at, value: null }));
  expect(surplus(kept)).toEqual(["1", "0"]);
});

describe("an incident replayed", () => {
  const at = (minute: number): number => Date.parse("2026-01-01T00:00:00Z") + minute * 60_000;
  const said = (minute: number): string => new Date(at(minute)).toISOString();
  const moved = (minute: number, before: Step["before"], after: Step["after"]): Step =>
    ({ number: minute, kind: "moved", at: said(minute), by: 1, note: "", before, after, alert_id: null, attachment_id: null });

  it("has the status that it had then", () => {
    const whole = incident({ status: "resolved" });
    const story = [moved(10, "open", "in_progress"), moved(90, "in_progress", "resolved")];
    expect([-1, 0, 10, 89, 90].map((minute) => statusAt(whole, story, at(minute)))).toEqual([null, "open", "in_progress", "in_progress", "resolved"]);
    expect([hoursAfter(whole, []), hoursAfter(whole, story)]).toEqual([1, 2]);
  });

  it("has the alarms that were active then, filled until somebody had reacted", () => {
    const alert = (id: number, over: Partial<LinkedAlert>): LinkedAlert =>
      ({ id, severity: "low", status: "closed", raised_at: said(0), acknowledged_at: null, resolved_at: null, closed_at: null, ...over }) as LinkedAlert;
    const all = [alert(1, { acknowledged_at: said(5) }), alert(2, { severity: "critical", raised_at: said(3), resolved_at: said(9) })];
    const then = (minute: number): string[] => alarmsAt(all, at(minute)).map(({ id, status }) => `${id} ${status}`);
    expect([-1, 1, 4, 6, 9].map(then)).toEqual([[], ["1 open"], ["2 open", "1 open"], ["2 open", "1 acknowledged"], ["1 acknowledged"]]);
  });

  it("writes values beside their sensors, and says of what time an old one is", () => {
    const times = Float64Array.from([at(0), at(1)]);
    const mean = Float64Array.from([4, 5]);
    const line = { id: 8, name: "Mill", unit: "bar", times, low: mean, mean, high: mean, count: mean, step: 60_000, gaps: [] };
    const write = { value: (value: number, unit: string) => `${value} ${unit}`, time: (moment: number) => `+${(moment - at(0)) / 60_000}` };
    const labels = (minute: number): unknown[] => valuesAt([line], new Map([[8, [13, 52]]]), at(minute), write).map(({ properties }) => properties["label"]);
    expect([-1, 0, 2, 9].map(labels)).toEqual([[], ["4 bar"], ["5 bar"], ["5 bar (+1)"]]);
    expect(valuesAt([line], new Map(), at(2), write)).toEqual([]);
  });

  it("shows photos where they were taken, once they had come", () => {
    const file = { id: 3, name: "hole.jpg", location: { type: "Point", coordinates: [13, 53] }, added_at: said(20) } as unknown as Attachment;
    expect([photosAt([file], at(19)).length, photosAt([file], at(20)).length]).toEqual([0, 1]);
    const whole = incident({ location: { type: "Point", coordinates: [12, 52] } });
    expect(sceneBox(whole, [[14, 51]], [file])).toEqual([12, 51, 14, 53]);
  });
});
