import type { Schemas } from "@/api/client";

export type Geometry = Schemas["AssetOut"]["geometry"];
export type Position = readonly [number, number];
export type Box = [number, number, number, number];

/** Metres of the mean radius (IUGG), as good as a map on a screen can be measured. */
const RADIUS = 6_371_008.8;
const rad = (degrees: number): number => (degrees * Math.PI) / 180;

/** The metres between two places on the ground. */
export function metresBetween([lng1, lat1]: Position, [lng2, lat2]: Position): number {
  const across = Math.sin(rad(lng2 - lng1) / 2);
  const up = Math.sin(rad(lat2 - lat1) / 2);
  const part = up * up + Math.cos(rad(lat1)) * Math.cos(rad(lat2)) * across * across;
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(part)));
}

/** The metres along a line. */
export function lengthOf(line: readonly Position[]): number {
  return line.slice(1).reduce((sum, place, index) => sum + metresBetween(line[index] ?? place, place), 0);
}

/** The square metres within a ring, open or closed, whichever way it runs. */
export function areaOf(ring: readonly Position[]): number {
  let sum = 0;
  for (const [index, [lng1, lat1]] of ring.entries()) {
    const [lng2, lat2] = ring[(index + 1) % ring.length] ?? [lng1, lat1];
    sum += rad(lng2 - lng1) * (2 + Math.sin(rad(lat1)) + Math.sin(rad(lat2)));
  }
  return Math.abs((sum * RADIUS * RADIUS) / 2);
}

/** The places that a geometry is made of. */
export function placesOf(geometry: Geometry): Position[] {
  const places = geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates;
  return places.map(([lng, lat]) => [Number(lng), Number(lat)]);
}

/** The smallest box around places; null around nothing. */
export function boxOf(places: readonly Position[]): Box | null {
  if (places.length === 0) return null;
  const lngs = places.map(([lng]) => lng);
  const lats = places.map(([, lat]) => lat);
  return [Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)];
}

export function isWithin([lng, lat]: Position, [west, south, east, north]: Box): boolean {
  return lng >= west && lng <= east && lat >= south && lat <= north;
}
