import { describe, expect, it } from "vitest";
import { bodyOf, fieldsOf, geometryOf, isSame, numbersOf, typed, unitOf, written, type Asset } from "@/screens/map/attributes";
import { areaOf, boxOf, lengthOf, metresBetween, type Position } from "@/screens/map/geo";
import { alarmMarks, valuesIn } from "@/screens/map/live";
import { graticule, worldLines } from "@/screens/map/graticule";
import { hex, mixed } from "@/screens/map/palette";
import { placeOf, searchOf } from "@/screens/map/place";
import { areaOfPlaces, figuresOf, isSameOutline, outlinesOf, plainOutline, type Area } from "@/screens/map/zones";
import type { Overview } from "@/screens/overview/glance";
import type { Alert, Sensor } from "@/live/situation";

describe("measuring", () => {
  it("takes a degree of latitude for 111.2 km", () => {
    expect(metresBetween([8, 54], [8, 55])).toBeCloseTo(111_195, 0);
    expect(lengthOf([[8, 54], [8, 55], [8, 54]])).toBeCloseTo(2 * 111_195, -1);
  });

  it("measures an area whichever way it runs, open or closed", () => {
    const side = 0.001;
    const ring: Position[] = [[0, 0], [side, 0], [side, side], [0, side]];
    expect(areaOf(ring)).toBeCloseTo(111.195 ** 2, 0);
    expect(areaOf(ring.toReversed())).toBeCloseTo(areaOf(ring), 6);
    expect(areaOf([...ring, [0, 0]])).toBeCloseTo(areaOf(ring), 6);
  });

  it("has no box around nothing", () => {
    expect(boxOf([])).toBeNull();
    expect(boxOf([[3, 1], [2, 5]])).toEqual([2, 1, 3, 5]);
  });
});

describe("the address", () => {
  it("keeps what is looked at, and comes back to it", () => {
    const place = { view: { zoom: 15.25, lat: 54.61, lng: -8.7 }, selected: { kind: "asset", id: 12 }, mode: "age" } as const;
    const search = searchOf("?other=1", place);
    expect(search).toBe("other=1&at=15.25/54.61000/-8.70000&show=asset:12&colour=age");
    expect(placeOf(search)).toEqual(place);
  });

  it.each(["at=1/2", "at=99/0/0", "at=1/x/0", "show=pipe:1", "show=asset:-1", "show=asset:1:2", "colour=red"])(
    "leaves out %s",
    (search) => expect(placeOf(search)).toEqual({ view: null, selected: null, mode: "size" }),
  );
});

describe("an asset's form", () => {
  const asset = {
    id: 1, code: "P-1", name: null, kind: "pipe", status: "open", material: "PVC", installed_on: null, start_node: "A", end_node: "B",
    geometry: { type: "LineString", coordinates: [[1, 2], [3, 4]] },
    details: { diameter_m: 0.1016, roughness: 130, form: "wall" }, attributes: {}, municipality_id: 1,
  } as Asset;

  it("shows a diameter in millimetres and sends metres", () => {
    expect(written("diameter_m", 0.1016)).toBe("101.6");
    expect(typed("diameter_m", "101,6")).toBeCloseTo(0.1016);
    expect(typed("length_m", "wide")).toBeUndefined();
    expect([unitOf("flow_setting_m3_per_s"), unitOf("pressure_setting_pa"), unitOf("roughness")]).toEqual(["m³/s", "Pa", "1"]);
  });

  it("sends back what it does not ask for", () => {
    const fields = fieldsOf("pipe", asset);
    const numbers = numbersOf("pipe", asset.details);
    expect(numbers).toEqual(["diameter_m", "length_m", "roughness"]);
    const said = bodyOf({ ...fields, name: " Main ", numbers: { ...fields.numbers, roughness: "" } }, numbers, asset);
    expect(said).toEqual({
      name: "Main", code: "P-1", status: "open", material: "PVC", installed_on: null, details: { diameter_m: 0.1016, form: "wall" },
    });
  });

  it("knows a move from a touch", () => {
    const same = geometryOf("pipe", [[1, 2], [3, 4.000_000_001]]);
    const other = geometryOf("pipe", [[1, 2], [3, 4.000_01]]);
    expect(same && isSame(same, asset.geometry)).toBe(true);
    expect(other && isSame(other, asset.geometry)).toBe(false);
  });
});

describe("what is live", () => {
  const sensor = (id: number, lng: number): Sensor => ({ id, name: `S${id}`, location: { type: "Point", coordinates: [lng, 0] } }) as unknown as Sensor;
  const words = { value: () => "4 bar", age: () => "3 h ago", isSilent: ({ id }: Sensor) => id === 2 };

  it("is written beside sensors in the box; old values with their age", () => {
    const found = valuesIn([0, -1, 10, 1], [sensor(1, 1), sensor(2, 2), sensor(3, 30)], words);
    expect(found.map(({ properties }) => properties["label"])).toEqual(["4 bar", "4 bar (3 h ago)"]);
  });

  it("shows the worst alarm of each place, the worst place last and so above the others", () => {
    const alert = (id: number, severity: string, status = "open"): Alert => ({ id, severity, status }) as unknown as Alert;
    const where = ({ id }: Alert): Position | null => (id === 4 ? null : id === 3 ? [9, 9] : [1, 1]);
    const marks = alarmMarks([alert(1, "critical", "acknowledged"), alert(2, "high"), alert(3, "low"), alert(4, "critical")], where);
    expect(marks.map(({ properties }) => [properties["id"], properties["image"], properties["more"]])).toEqual([
      [3, "alarm-low", ""],
      [1, "alarm-critical-hollow", "+1"],
    ]);
  });
});

it("mixes colours as the map's style wants them", () => {
  expect(hex("rgb(1, 2, 255)")).toBe("#0102ff");
  expect(mixed("#000000", "#ffffff", 0.5)).toBe("#808080");
});

describe("zones", () => {
  const ring = [[0, 0], [1, 0], [1, 1], [0, 0]];
  const plain = { type: "Polygon", coordinates: [ring] } as unknown as Area;

  it("are closed once they enclose something, however often a corner was clicked", () => {
    expect(areaOfPlaces([[0, 0], [1, 0]])).toBeNull();
    expect(areaOfPlaces([[0, 0], [1, 0], [1, 0], [0, 0]])).toBeNull();
    expect(areaOfPlaces([[0, 0], [1, 0], [1, 1]])).toEqual(plain);
    expect(areaOfPlaces([[0, 0], [1, 0], [1, 1], [0, 0]])).toEqual(plain);
  });

  it("are drawn upon only where one outline is all", () => {
    const holed = { type: "Polygon", coordinates: [ring, ring] } as unknown as Area;
    const several = { type: "MultiPolygon", coordinates: [[ring], [ring]] } as unknown as Area;
    expect(plainOutline(plain)).toEqual(ring);
    expect([plainOutline(holed), plainOutline(several)]).toEqual([null, null]);
    expect(outlinesOf(several)).toHaveLength(2);
    expect(isSameOutline([[0, 0]], [[0.000_000_001, 0]])).toBe(true);
  });

  it("say what flows in, and what is usual only where it is not that", () => {
    const usual = { low: 8, median: 9, high: 10 };
    const zone = (id: number, value: number | null) => ({ id, inflow: { value, usual, at: null, why: null } });
    const overview = { units: { flow: "m³/h" }, zones: [zone(1, 9), zone(2, 14), zone(3, null), zone(4, 2)] } as unknown as Overview;
    const { labels, odd } = figuresOf(overview, (value, unit) => `${value} ${unit}`);
    expect(labels).toEqual({ 1: "9 m³/h", 2: "▲ 14 m³/h\n(8 m³/h – 10 m³/h)", 4: "▼ 2 m³/h\n(8 m³/h – 10 m³/h)" });
    expect(odd).toEqual([2, 4]);
    expect(figuresOf(undefined, String)).toEqual({ labels: {}, odd: [] });
  });
});

describe("a map where there is none", () => {
  const labels = (box: [number, number, number, number]): unknown[] => graticule(box).map(({ properties }) => properties["label"]);

  it("has a few degrees at every size, and none beyond the world", () => {
    expect(labels([13.35, 52.48, 13.45, 52.52])).toEqual(["13.35°E", "13.4°E", "13.45°E", "52.5°N"]);
    expect(labels([-200, -90, 200, 90])).toContain("180°W");
    expect(labels([-1, -1, 1, 1])).toContain("0°");
    expect(labels([190, 0, 200, 10])).toEqual([]);
  });

  it("has coasts, each place from the one before", () => {
    const [line] = worldLines([[100, 500, 5, -5, 0, 1]]);
    expect(line?.geometry.coordinates).toEqual([[10, 50], [10.5, 49.5], [10.5, 49.6]]);
  });
});
