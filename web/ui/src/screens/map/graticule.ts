import type { Box } from "./geo";
import type { Feature } from "./live";

/** Degrees between two lines, from a street to the world. */
const STEPS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30] as const;
/** At most so many lines each way. */
const MOST = 8;
/** 13.35 / 0.05 is a little more than 267 to a computer. */
const ROUNDING = 1e-6;

/** Lines of longitude and latitude in a box, each with its degrees: a map where there is none. */
export function graticule([west, south, east, north]: Box): Feature[] {
  const [left, right] = [Math.max(-180, west), Math.min(180, east)];
  const [low, high] = [Math.max(-85, south), Math.min(85, north)];
  if (left >= right || low >= high) return [];
  const step = STEPS.find((each) => (right - left) / each <= MOST && (high - low) / each <= MOST) ?? 30;
  const between = (from: number, to: number): number[] => {
    const first = Math.ceil(from / step - ROUNDING);
    return Array.from({ length: Math.floor(to / step + ROUNDING) - first + 1 }, (_, index) => Number(((first + index) * step).toFixed(2)));
  };
  const line = (label: string, coordinates: [number, number][]): Feature => ({ type: "Feature", properties: { kind: "grid", label }, geometry: { type: "LineString", coordinates } });
  return [
    ...between(left, right).map((lng) => line(degrees(lng, "E", "W"), [[lng, low], [lng, high]])),
    ...between(low, high).map((lat) => line(degrees(lat, "N", "S"), [[left, lat], [right, lat]])),
  ];
}

function degrees(value: number, plus: string, minus: string): string {
  return `${Math.abs(value)}°${value === 0 ? "" : value > 0 ? plus : minus}`;
}

/** The world's coasts and borders from how `gen-world.mjs` keeps them: tenths of degrees, each from the one before. */
export function worldLines(kept: readonly (readonly number[])[]): Feature[] {
  return kept.map((numbers) => {
    const coordinates: [number, number][] = [];
    let [lng, lat] = [0, 0];
    for (let at = 0; at + 1 < numbers.length; at += 2) {
      lng += numbers[at] ?? 0;
      lat += numbers[at + 1] ?? 0;
      coordinates.push([lng / 10, lat / 10]);
    }
    return { type: "Feature", properties: { kind: "world" }, geometry: { type: "LineString", coordinates } };
  });
}
