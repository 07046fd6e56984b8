import type { Geometry as Shown } from "geojson";
import type { Map as MapLibre } from "maplibre-gl";
import { TerraDraw, TerraDrawLineStringMode, TerraDrawModeUndoRedo, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawSelectMode, type TerraDrawMouseEvent } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { placesOf, type Geometry, type Position } from "./geo";
import type { Palette } from "./palette";

export type Shape = "point" | "line" | "area";

/** What is there already and is to be changed: an asset's geometry, or the outline of an area. */
export type Begun = Geometry | { type: "Area"; outline: readonly Position[] };

/** What has been drawn so far; while it is drawn the last place of a line follows the mouse. */
export interface Drawn {
  places: Position[];
  isDone: boolean;
}

const MODE_OF = { point: "point", line: "linestring", area: "polygon" } as const;
const SNAP_PIXELS = 12;
/** Digits of a degree: a centimetre. */
const PRECISION = 7;

/** Drawing upon the map by mouse, finger or keyboard; one thing at a time. */
export class Sketch {
  readonly #map: MapLibre;
  readonly #draw: TerraDraw;
  #shape: Shape = "point";
  readonly #changed: (drawn: Drawn | null) => void;

  constructor(map: MapLibre, colours: Palette, changed: (drawn: Drawn | null) => void) {
    this.#map = map;
    this.#changed = changed;
    this.#draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: PRECISION }),
      modes: modesOf(colours, (event) => this.#snapped(event)),
      undoRedo: { modeLevel: new TerraDrawModeUndoRedo() },
    });
    this.#draw.start();
    this.#draw.on("change", () => this.#tell());
    this.#draw.on("finish", (id, { action }) => {
      if (action === "draw") queueMicrotask(() => this.#adjust(id));
    });
  }

  begin(shape: Shape): void {
    this.#shape = shape;
    this.#draw.clear();
    this.#draw.setMode(MODE_OF[shape]);
    this.#tell();
  }

  /** Change what is there already: its places can be dragged, middles pulled out. */
  edit(begun: Begun): void {
    this.#shape = begun.type === "Point" ? "point" : begun.type === "Area" ? "area" : "line";
    this.#draw.clear();
    const from = begun.type === "Area" ? begun.outline : placesOf(begun);
    const places = from.map(([lng, lat]): [number, number] => [round(lng), round(lat)]);
    const [first] = places;
    if (!first) return;
    const properties = { mode: MODE_OF[this.#shape] };
    const id = this.#draw.getFeatureId();
    const geometry =
      this.#shape === "point" ? ({ type: "Point", coordinates: first } as const)
      : this.#shape === "area" ? ({ type: "Polygon", coordinates: [places] } as const)
      : ({ type: "LineString", coordinates: places } as const);
    this.#draw.addFeatures([{ type: "Feature", id, properties, geometry: geometry as never }]);
    this.#adjust(id);
  }

  /** The keyboard's way: what is in the middle of the map is the place. A point that is there moves to it. */
  addAtCentre(): void {
    if (this.#shape === "point" && this.#feature()) this.begin("point");
    const canvas = this.#map.getCanvas();
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, isPrimary: true, bubbles: true, cancelable: true };
    for (const type of ["pointermove", "pointerdown", "pointerup"]) {
      canvas.dispatchEvent(new PointerEvent(type, { ...at, button: 0 }));
    }
  }

  /** Take the last place back while drawing; else begin anew. */
  back(): void {
    if (this.#draw.canUndo()) this.#draw.undo();
    else this.begin(this.#shape);
    this.#tell();
  }

  /** A line or an area is complete. */
  finish(): void {
    this.#map.getCanvas().dispatchEvent(new KeyboardEvent("keyup", { key: "Enter" }));
  }

  stop(): void {
    if (this.#map.getLayer("td-point")) this.#draw.stop();
  }

  #adjust(id: string | number): void {
    if (!this.#draw.hasFeature(id)) return;
    this.#draw.setMode("select");
    this.#draw.selectFeature(id);
    this.#tell();
  }

  #feature(): { type: string; coordinates: unknown } | undefined {
    const wanted = { point: "Point", line: "LineString", area: "Polygon" }[this.#shape];
    const all = this.#draw.getSnapshot().filter(({ properties }) => properties["mode"] === MODE_OF[this.#shape]);
    return all.find(({ geometry }) => geometry.type === wanted)?.geometry;
  }

  #tell(): void {
    const found = this.#feature();
    if (!found) {
      this.#changed(null);
      return;
    }
    const { type, coordinates } = found as { type: string; coordinates: never };
    const places: Position[] = type === "Point" ? [coordinates] : type === "Polygon" ? coordinates[0] : coordinates;
    const isDone = this.#draw.getMode() === "select" || type === "Point";
    this.#changed({ places: [...places], isDone });
  }

  /** Ends of pipes go onto the assets and pipes that are there. */
  #snapped(event: TerraDrawMouseEvent): [number, number] | undefined {
    const { containerX: x, containerY: y } = event;
    const layers = ["assets", "pipes"].filter((layer) => this.#map.getLayer(layer));
    const corner = SNAP_PIXELS;
    const near = this.#map.queryRenderedFeatures([[x - corner, y - corner], [x + corner, y + corner]], { layers });
    let best: [number, number] | undefined;
    let least = SNAP_PIXELS;
    for (const { geometry } of near) {
      for (const place of cornersOf(geometry)) {
        const at = this.#map.project(place);
        const distance = Math.hypot(at.x - x, at.y - y);
        if (distance < least) [least, best] = [distance, place];
      }
    }
    return best && [round(best[0]), round(best[1])];
  }
}

function cornersOf(geometry: Shown): [number, number][] {
  if (geometry.type === "Point") return [geometry.coordinates as [number, number]];
  if (geometry.type === "LineString") return geometry.coordinates as [number, number][];
  return geometry.type === "MultiLineString" ? (geometry.coordinates.flat() as [number, number][]) : [];
}

function round(degrees: number): number {
  return Number(degrees.toFixed(PRECISION));
}

function modesOf(
  colours: Palette,
  toCustom: (event: TerraDrawMouseEvent) => [number, number] | undefined,
): [TerraDrawPointMode, TerraDrawLineStringMode, TerraDrawPolygonMode, TerraDrawSelectMode] {
  const { focus, raised } = colours;
  const drag = { feature: { draggable: true, coordinates: { draggable: true, midpoints: true, deletable: true } } };
  return [
    new TerraDrawPointMode({ styles: { pointColor: focus, pointWidth: 7, pointOutlineColor: raised, pointOutlineWidth: 2 } }),
    new TerraDrawLineStringMode({
      snapping: { toCustom },
      styles: { lineStringColor: focus, lineStringWidth: 4, closingPointColor: raised, closingPointWidth: 6, closingPointOutlineColor: focus, closingPointOutlineWidth: 2 },
    }),
    new TerraDrawPolygonMode({
      styles: { fillColor: focus, fillOpacity: 0.2, outlineColor: focus, outlineWidth: 3, closingPointColor: raised, closingPointWidth: 6, closingPointOutlineColor: focus, closingPointOutlineWidth: 2 },
    }),
    new TerraDrawSelectMode({
      allowManualDeselection: false,
      flags: {
        point: { feature: { draggable: true } },
        linestring: { feature: { coordinates: drag.feature.coordinates } },
        polygon: drag,
      },
      styles: {
        selectedPointColor: focus, selectedPointWidth: 8, selectedPointOutlineColor: raised, selectedPointOutlineWidth: 2,
        selectedLineStringColor: focus, selectedLineStringWidth: 4, selectedPolygonColor: focus, selectedPolygonFillOpacity: 0.15, selectedPolygonOutlineColor: focus,
        selectionPointColor: raised, selectionPointOutlineColor: focus, selectionPointOutlineWidth: 2, selectionPointWidth: 7,
        midPointColor: focus, midPointOutlineColor: raised, midPointWidth: 5, midPointOutlineWidth: 1,
      },
    }),
  ];
}
