import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Schemas } from "@/api/client";
import { BASE, baseLayers, sourceOf, type Base } from "./base";
import { colourOf, dashOf, looksOf, type Mode } from "./looks";
import type { Palette } from "./palette";
import type { ZoneFigures } from "./zones";

export const NETWORK = "network";
/** Sources that the page fills itself, by what they show. */
export const OWN = ["ground", "values", "alarms", "pulse", "selected", "photos", "me"] as const;
export type Own = (typeof OWN)[number];

/** What can be clicked, the most urgent first. */
export const CLICKABLE = ["alarms", "values", "sensors", "assets", "pipes", "zones"] as const;

export interface Drawing {
  network: Schemas["MapOut"];
  base: Base | null;
  /** What layers an uploaded vector map says it has. */
  named: readonly string[];
  colours: Palette;
  isDark: boolean;
  mode: Mode;
  zones: ZoneFigures;
}

const FONT = ["Inter Variable", "Noto Sans Arabic Variable", "sans-serif"];
const FROM = { source: NETWORK } as const;
const EMPTY = { type: "FeatureCollection", features: [] } as const;

/** The whole style: greys for what is normal (ISA-101), no glyph files, nothing from elsewhere. */
export function styleOf(drawing: Drawing): StyleSpecification {
  const { network, base } = drawing;
  const own = OWN.map((name) => [name, { type: "geojson", data: EMPTY }] as const);
  return {
    version: 8,
    sources: {
      ...(base && { [BASE]: sourceOf(base) }),
      [NETWORK]: {
        type: "vector",
        tiles: [tilesOf(network)],
        minzoom: network.min_zoom,
        // Closer than this a tile would be a few metres; what is in it already is drawn larger.
        maxzoom: Math.min(network.max_zoom, 18),
      },
      ...Object.fromEntries(own),
    },
    layers: layersOf(drawing),
  };
}

/** The address of tiles; another one after any change of the network. */
export function tilesOf(network: Schemas["MapOut"]): string {
  return location.origin + network.tiles;
}

export function layersOf({ base, named, colours, isDark, mode, zones: figures }: Drawing): LayerSpecification[] {
  return [
    { id: "ground", type: "background", paint: { "background-color": colours.ground } },
    ...baseLayers(base, named, colours, isDark),
    ...ground(colours),
    ...zones(colours, figures),
    ...pipes(colours, mode),
    ...assets(colours, figures),
    ...live(colours),
    zoneNames("zone-odd", figures, colours.ink, colours),
  ];
}

/** Outlines of the world and degrees, where a screen puts them. */
function ground(colours: Palette): LayerSpecification[] {
  const of = (kind: string): ExpressionSpecification => ["==", ["get", "kind"], kind];
  return [
    { id: "world", type: "line", source: "ground", filter: of("world"), paint: { "line-color": colours.edgeStrong, "line-width": 1 } },
    { id: "grid", type: "line", source: "ground", filter: of("grid"), paint: { "line-color": colours.edge, "line-width": 1, "line-dasharray": [2, 3] } },
    {
      id: "grid-names", type: "symbol", source: "ground", filter: of("grid"),
      layout: { "symbol-placement": "line", "text-field": ["get", "label"], "text-font": FONT, "text-size": 11, "symbol-spacing": 400 },
      paint: ink(colours.inkSoft, colours),
    },
  ];
}

/** What flows unusually has a bolder edge, and an arrow in its label. */
function zones(colours: Palette, { odd }: ZoneFigures): LayerSpecification[] {
  const isOdd: ExpressionSpecification = ["in", ["id"], ["literal", [...odd]]];
  return [
    { id: "zones", type: "fill", ...FROM, "source-layer": "zones", paint: { "fill-color": colours.ink, "fill-opacity": 0.05 } },
    {
      id: "zones-edge", type: "line", ...FROM, "source-layer": "zones",
      paint: {
        "line-color": ["case", isOdd, colours.medium, colours.edgeStrong],
        "line-width": ["case", isOdd, 3, 1.5], "line-dasharray": [4, 3],
      },
    },
    {
      id: "selected-area", type: "fill", source: "selected", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": colours.focus, "fill-opacity": 0.12 },
    },
    {
      id: "selected-edge", type: "line", source: "selected", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "line-color": colours.focus, "line-width": 3 },
    },
  ];
}

/** Pixels by diameter and zoom; what has no diameter is drawn thin. */
function widthOf(): ExpressionSpecification {
  const share: ExpressionSpecification = [
    "interpolate", ["linear"], ["coalesce", ["get", "diameter_m"], 0.1], 0.05, 1, 0.15, 1.5, 0.3, 2.4, 0.6, 4, 1.2, 6,
  ];
  return ["interpolate", ["exponential", 1.5], ["zoom"], 9, ["*", 0.5, share], 13, ["*", 1, share], 18, ["*", 3, share]];
}

function pipes(colours: Palette, mode: Mode): LayerSpecification[] {
  const looks = looksOf(mode, colours);
  const from = { ...FROM, "source-layer": "pipes" };
  return [
    {
      id: "pipes", type: "line", ...from,
      layout: { "line-cap": "butt", "line-join": "round" },
      paint: { "line-color": colourOf(looks), "line-width": widthOf(), "line-dasharray": dashOf(looks) },
    },
    {
      id: "selected-line", type: "line", source: "selected", filter: ["==", ["geometry-type"], "LineString"],
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colours.focus, "line-width": 9, "line-opacity": 0.45 },
    },
    {
      id: "pipe-names", type: "symbol", ...from, minzoom: 16,
      layout: {
        "symbol-placement": "line", "text-field": ["coalesce", ["get", "name"], ["get", "code"], ""],
        "text-font": FONT, "text-size": 11,
      },
      paint: ink(colours.inkSoft, colours),
    },
  ];
}

/** The name of a zone, and under it what flows in. */
function zoneLabel({ labels, odd }: ZoneFigures, isOdd: boolean): ExpressionSpecification {
  const figure: ExpressionSpecification = ["coalesce", ["get", ["to-string", ["id"]], ["literal", { ...labels }]], ""];
  const text: ExpressionSpecification = ["concat", ["get", "name"], ["case", ["==", figure, ""], "", "\n"], figure];
  const among: ExpressionSpecification = ["in", ["id"], ["literal", [...odd]]];
  return isOdd ? ["case", among, text, ""] : ["case", among, "", text];
}

/** Names in zones. Those of the odd ones are a layer of their own, which values give way to. */
function zoneNames(id: string, figures: ZoneFigures, colour: string, colours: Palette): LayerSpecification {
  return {
    id, type: "symbol", ...FROM, "source-layer": "zone_names",
    layout: {
      "text-field": zoneLabel(figures, id === "zone-odd"), "text-font": FONT, "text-size": 13, "text-letter-spacing": 0.03, "text-max-width": 18,
      "text-variable-anchor": ["center", "bottom", "top", "left", "right"], "text-radial-offset": 1.5, "text-justify": "auto",
    },
    paint: ink(colour, colours, 2),
  };
}

function assets(colours: Palette, figures: ZoneFigures): LayerSpecification[] {
  const closed: ExpressionSpecification = ["case", ["==", ["get", "status"], "closed"], "-closed", ""];
  const small: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 10, 0.65, 15, 0.9, 18, 1.2];
  return [
    {
      id: "assets", type: "symbol", ...FROM, "source-layer": "assets",
      layout: { "icon-image": ["concat", ["get", "kind"], closed], "icon-size": small, "icon-allow-overlap": true },
    },
    {
      id: "asset-names", type: "symbol", ...FROM, "source-layer": "assets", minzoom: 16,
      filter: ["!=", ["get", "kind"], "junction"],
      layout: {
        "text-field": ["coalesce", ["get", "name"], ["get", "code"], ""], "text-font": FONT, "text-size": 11,
        "text-anchor": "top", "text-offset": [0, 1], "text-optional": true,
      },
      paint: ink(colours.inkSoft, colours),
    },
    zoneNames("zone-names", figures, colours.inkSoft, colours),
  ];
}

function live(colours: Palette): LayerSpecification[] {
  const isStale: ExpressionSpecification = ["==", ["get", "stale"], true];
  return [
    {
      id: "selected-point", type: "circle", source: "selected", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 15, "circle-opacity": 0, "circle-stroke-color": colours.focus, "circle-stroke-width": 3 },
    },
    {
      id: "sensors", type: "circle", ...FROM, "source-layer": "sensors",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 2.5, 14, 5],
        "circle-color": colours.value, "circle-stroke-color": colours.ground, "circle-stroke-width": 1.5,
      },
    },
    {
      id: "values", type: "symbol", source: "values",
      layout: {
        "text-field": ["get", "label"], "text-font": FONT, "text-size": 13,
        "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 1.2, "text-justify": "auto", "symbol-sort-key": ["get", "order"], "text-padding": 1,
      },
      paint: ink(["case", isStale, colours.stale, colours.value], colours, 2),
    },
    {
      id: "photos", type: "circle", source: "photos",
      paint: { "circle-radius": 6, "circle-color": colours.raised, "circle-stroke-color": colours.ink, "circle-stroke-width": 2 },
    },
    {
      id: "photo-names", type: "symbol", source: "photos",
      layout: { "text-field": ["get", "label"], "text-font": FONT, "text-size": 12, "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.9 },
      paint: ink(colours.ink, colours, 2),
    },
    {
      id: "me-near", type: "circle", source: "me",
      paint: { "circle-radius": 8, "circle-color": colours.focus, "circle-stroke-color": colours.raised, "circle-stroke-width": 3 },
    },
    {
      id: "pulse", type: "circle", source: "pulse",
      paint: { "circle-radius": 0, "circle-opacity": 0, "circle-stroke-color": colours.ink, "circle-stroke-width": 3 },
    },
    {
      id: "alarms", type: "symbol", source: "alarms",
      layout: {
        "icon-image": ["get", "image"], "icon-allow-overlap": true, "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "order"], "text-field": ["get", "more"], "text-font": FONT, "text-size": 12,
        "text-anchor": "bottom-left", "text-offset": [0.8, -0.4], "symbol-z-order": "source",
        // Nothing hides an alarm, and an alarm does not hide the value that it is about.
        "text-allow-overlap": true, "text-ignore-placement": true,
      },
      paint: ink(colours.ink, colours, 2),
    },
  ];
}

function ink(
  colour: string | ExpressionSpecification,
  colours: Palette,
  halo = 1.5,
): { "text-color": string | ExpressionSpecification; "text-halo-color": string; "text-halo-width": number } {
  return { "text-color": colour, "text-halo-color": colours.ground, "text-halo-width": halo };
}
