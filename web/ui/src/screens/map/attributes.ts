import type { Schemas } from "@/api/client";
import { placesOf, type Geometry, type Position } from "./geo";

export type Asset = Schemas["AssetOut"];
export type AssetKind = Asset["kind"];

export const LINKS: readonly AssetKind[] = ["pipe", "pump", "valve"];
/** In the order in which somebody who draws wants them. */
export const KINDS = ["pipe", "valve", "hydrant", "junction", "tank", "reservoir", "pump", "meter"] as const satisfies readonly AssetKind[];

/** What of an asset is a number with a unit, by the end of its name: the server's details are SI. */
const UNITS: readonly [string, string][] = [
  ["_m3_per_s", "m³/s"],
  ["_m3", "m³"],
  ["_pa", "Pa"],
  ["_w", "W"],
  ["_m", "m"],
];

export function unitOf(detail: string): string {
  return UNITS.find(([end]) => detail.endsWith(end))?.[1] ?? "1";
}

/** Pipes are bought by millimetres; the server has metres. */
export function isMillimetres(detail: string): boolean {
  return detail === "diameter_m";
}

/** Which numbers a form asks for: what the kind usually has, and what is there. */
export function numbersOf(kind: AssetKind, details: Readonly<Record<string, string | number>>): string[] {
  const usual = LINKS.includes(kind) ? ["diameter_m", "length_m"] : [kind === "reservoir" ? "head_m" : "elevation_m"];
  const there = Object.keys(details).filter((name) => typeof details[name] === "number");
  return [...new Set([...usual, ...there])];
}

/** What somebody typed, as a number of SI: null is nothing, undefined is no number. */
export function typed(detail: string, text: string): number | null | undefined {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return null;
  const value = Number(plain);
  if (!Number.isFinite(value)) return undefined;
  return isMillimetres(detail) ? value / 1000 : value;
}

/** The same the other way, for a field. */
export function written(detail: string, value: string | number | undefined): string {
  if (typeof value !== "number") return "";
  return String(isMillimetres(detail) ? Number((value * 1000).toPrecision(12)) : value);
}

export interface Fields {
  name: string;
  code: string;
  status: string;
  material: string;
  installed: string;
  numbers: Record<string, string>;
}

/** What a form begins with. */
export function fieldsOf(kind: AssetKind, asset: Asset | null): Fields {
  const details = asset?.details ?? {};
  return {
    name: asset?.name ?? "",
    code: asset?.code ?? "",
    status: asset?.status ?? "open",
    material: asset?.material ?? "",
    installed: asset?.installed_on ?? "",
    numbers: Object.fromEntries(numbersOf(kind, details).map((name) => [name, written(name, details[name])])),
  };
}

export interface Known {
  name: string | null;
  code?: string;
  status: string;
  material: string | null;
  installed_on: string | null;
  details: Record<string, string | number>;
}

/** What the server is told; details that the form does not ask for stay as they are. */
export function bodyOf(fields: Fields, numbers: readonly string[], asset: Asset | null): Known {
  const details: Record<string, string | number> = { ...asset?.details };
  for (const name of numbers) {
    const value = typed(name, fields.numbers[name] ?? "");
    if (value === null || value === undefined) delete details[name];
    else details[name] = value;
  }
  const orNull = (text: string): string | null => text.trim() || null;
  return {
    name: orNull(fields.name),
    ...(orNull(fields.code) && { code: fields.code.trim() }),
    status: fields.status,
    material: orNull(fields.material),
    installed_on: orNull(fields.installed),
    details,
  };
}

/** What was drawn, as the API takes it. */
export function geometryOf(kind: AssetKind, places: readonly Position[]): Geometry | null {
  const [first] = places;
  if (!first) return null;
  const coordinates = places.map(([lng, lat]): [number, number] => [lng, lat]);
  if (!LINKS.includes(kind)) return { type: "Point", coordinates: [first[0], first[1]] };
  return { type: "LineString", coordinates } as Geometry;
}

/** Whether nothing was moved, to the centimetre. */
export function isSame(one: Geometry, other: Geometry): boolean {
  const text = (geometry: Geometry): string => placesOf(geometry).map((place) => place.map((each) => each.toFixed(7)).join()).join(" ");
  return text(one) === text(other);
}
