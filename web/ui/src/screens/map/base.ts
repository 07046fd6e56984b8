import type { LayerSpecification, SourceSpecification } from "maplibre-gl";
import type { Schemas } from "@/api/client";
import type { Palette } from "./palette";

export type Base = Schemas["BaseMapOut"];
export const BASE = "base";

/** Layers of the usual schemas: Protomaps, OpenMapTiles, Shortbread. What a file names is added to them. */
const USUAL = {
  land: ["earth", "landuse", "landcover", "land", "park"],
  water: ["water", "ocean", "water_polygons", "waterway", "water_lines", "rivers"],
  building: ["buildings", "building"],
  street: ["roads", "transportation", "streets", "street_polygons", "bridges"],
  border: ["boundaries", "boundary"],
  place: ["places", "place", "place_labels"],
  streetName: ["transportation_name", "street_labels"],
} as const;

type Role = keyof typeof USUAL;

const FONT = ["Inter Variable", "Noto Sans Arabic Variable", "sans-serif"];

/** Where the tiles of a base map come from. `pmtiles://base` is read by this module's own protocol. */
export function sourceOf(base: Base): SourceSpecification {
  const tiles =
    base.format === "pmtiles"
      ? [`pmtiles://${BASE}/{z}/{x}/{y}`]
      : [new URL(base.url, location.origin).href.replaceAll("%7B", "{").replaceAll("%7D", "}")];
  const common = { tiles, minzoom: base.min_zoom, maxzoom: Math.max(base.min_zoom, base.max_zoom), bounds: base.bounds };
  return isVector(base) ? { type: "vector", ...common } : { type: "raster", tileSize: 256, ...common };
}

export function isVector(base: Base): boolean {
  return ["mvt", "pbf"].includes(base.tile_type);
}

/** A base map in greys, below everything: of a vector map by what its layers are called. */
export function baseLayers(base: Base | null, named: readonly string[], colours: Palette, isDark: boolean): LayerSpecification[] {
  if (!base) return [];
  if (!isVector(base)) return [raster(isDark)];
  const known = new Set(Object.values(USUAL).flat() as string[]);
  const further = named.filter((name) => !known.has(name));
  const roles = (Object.keys(USUAL) as Role[]).flatMap((role) =>
    [...USUAL[role], ...further.filter((name) => guessed(name) === role)].map((name) => [role, name] as const),
  );
  return roles.flatMap(([role, name]) => layersOf(role, name, colours));
}

/** A picture of somebody else's colours: greyed, so that colour stays with what is abnormal. */
function raster(isDark: boolean): LayerSpecification {
  const paint = isDark
    ? { "raster-saturation": -1, "raster-brightness-max": 0.45, "raster-opacity": 0.8, "raster-fade-duration": 0 }
    : { "raster-saturation": -1, "raster-brightness-min": 0.25, "raster-opacity": 0.7, "raster-fade-duration": 0 };
  return { id: "base-raster", type: "raster", source: BASE, paint };
}

function guessed(name: string): Role {
  if (/water|ocean|river|lake/.test(name)) return "water";
  if (/build/.test(name)) return "building";
  if (/road|street|transport|rail/.test(name)) return "street";
  if (/bound|border/.test(name)) return "border";
  if (/place|label|name/.test(name)) return "place";
  return "land";
}

function layersOf(role: Role, name: string, colours: Palette): LayerSpecification[] {
  const from = { source: BASE, "source-layer": name } as const;
  const fill = (colour: string): LayerSpecification => ({
    id: `base-${role}-${name}`, type: "fill", ...from,
    filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour },
  });
  const line = (colour: string, thin: number, thick: number): LayerSpecification => ({
    id: `base-${role}-${name}-line`, type: "line", ...from,
    filter: ["==", ["geometry-type"], "LineString"],
    paint: { "line-color": colour, "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 8, thin, 18, thick] },
  });
  switch (role) {
    case "land":
      return [fill(colours.park)];
    case "water":
      return [fill(colours.water), line(colours.water, 0.5, 4)];
    case "building":
      return [{ ...fill(colours.street), minzoom: 14 } as LayerSpecification];
    case "street":
      return [line(colours.street, 0.4, 9)];
    case "border":
      return [line(colours.edge, 0.6, 1.5)];
    case "place":
      return [words(`base-place-${name}`, from, "point", colours)];
    case "streetName":
      return [words(`base-name-${name}`, from, "line", colours)];
  }
}

function words(
  id: string,
  from: { source: string; "source-layer": string },
  placement: "point" | "line",
  colours: Palette,
): LayerSpecification {
  return {
    id, type: "symbol", ...from, ...(placement === "line" && { minzoom: 14 }),
    filter: ["has", "name"],
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "symbol-placement": placement },
    paint: { "text-color": colours.inkSoft, "text-halo-color": colours.ground, "text-halo-width": 1.5 },
  };
}
