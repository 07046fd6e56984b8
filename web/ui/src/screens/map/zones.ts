import type { Schemas } from "@/api/client";
import { standingOf, type Overview, type Zone as Glance } from "@/screens/overview/glance";
import type { Position } from "./geo";
import type { Feature } from "./live";

export type Zone = Schemas["ZoneOut"];
export type ZoneKind = Zone["kind"];
export type Area = Zone["geometry"];
/** In the order in which they are wanted. */
export const ZONE_KINDS = ["dma", "pressure", "supply", "service"] as const satisfies readonly ZoneKind[];
const LEAST_CORNERS = 3;

/** What the map writes into zones, and which of them flow unusually. */
export interface ZoneFigures {
  labels: Readonly<Record<string, string>>;
  odd: readonly number[];
}

export const NO_FIGURES: ZoneFigures = { labels: {}, odd: [] };

/** A line for each zone: its inflow, with an arrow and what is usual where it is out of that. */
export function figuresOf(overview: Overview | undefined, write: (value: number, unit: string) => string): ZoneFigures {
  if (!overview) return NO_FIGURES;
  const unit = overview.units.flow;
  const known = overview.zones.filter((zone) => zone.inflow.value !== null);
  return {
    labels: Object.fromEntries(known.map((zone) => [String(zone.id), labelOf(zone, (value) => write(value, unit))])),
    odd: known.filter((zone) => isOdd(zone)).map((zone) => zone.id),
  };
}

export function isOdd(zone: Glance): boolean {
  return ["high", "low"].includes(standingOf(zone.inflow));
}

function labelOf({ inflow }: Glance, write: (value: number) => string): string {
  const value = write(inflow.value ?? 0);
  const standing = standingOf(inflow);
  if (!inflow.usual || (standing !== "high" && standing !== "low")) return value;
  return `${standing === "high" ? "▲" : "▼"} ${value}\n(${write(inflow.usual.low)} – ${write(inflow.usual.high)})`;
}

/** The outlines of an area's polygons, without holes. */
export function outlinesOf(area: Area): Position[][] {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.coordinates;
  return polygons.map(([outline = []]) => outline.map(([lng, lat]): Position => [Number(lng), Number(lat)]));
}

/** The one outline that can be drawn upon; null where there are holes or several parts. */
export function plainOutline(area: Area): Position[] | null {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.coordinates;
  const [only, ...more] = polygons;
  return only && only.length === 1 && more.length === 0 ? (outlinesOf(area)[0] ?? null) : null;
}

/** What was drawn, closed as RFC 7946 (3.1.6) wants it; null where it encloses nothing yet. */
export function areaOfPlaces(places: readonly Position[]): Area | null {
  const corners = places.filter((place, index) => index === 0 || place.join() !== places[index - 1]?.join());
  if (corners.length > 1 && corners[0]?.join() === corners.at(-1)?.join()) corners.pop();
  const [first] = corners;
  if (!first || corners.length < LEAST_CORNERS) return null;
  return { type: "Polygon", coordinates: [[...corners, first].map(([lng, lat]) => [lng, lat])] };
}

/** Whether an outline is still as it was, to the centimetre. */
export function isSameOutline(one: readonly Position[], other: readonly Position[]): boolean {
  const text = (places: readonly Position[]): string => places.map((place) => place.map((each) => each.toFixed(7)).join()).join(" ");
  return text(one) === text(other);
}

/** To be drawn as what is selected. */
export function areaFeatures(area: Area): Feature[] {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.coordinates;
  return polygons.map((rings) => ({
    type: "Feature", properties: {},
    geometry: { type: "Polygon", coordinates: rings.map((ring) => ring.map(([lng, lat]): [number, number] => [Number(lng), Number(lat)])) },
  }));
}
