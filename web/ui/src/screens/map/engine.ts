import "maplibre-gl/dist/maplibre-gl.css";
import { addProtocol, Map as MapLibre, ScaleControl, setWorkerUrl, type GeoJSONSource, type MapGeoJSONFeature, type MapMouseEvent, type VectorTileSource } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { session } from "@/api/client";
import type { Box, Position } from "./geo";
import type { Feature } from "./live";
import { pmtilesHere } from "./pmtiles";
import type { Kind, View } from "./place";
import { CLICKABLE, layersOf, NETWORK, OWN, styleOf, tilesOf, type Drawing, type Own } from "./style";
import { images } from "./symbols";

setWorkerUrl(workerUrl);
addProtocol("pmtiles", pmtilesHere);

/** What was clicked; an id of null was drawn from afar, where links have none: ask by place. */
export interface Hit {
  kind: Kind;
  id: number | null;
  at: Position;
  /** Metres around it that a finger or a mouse can't tell apart. */
  metres: number;
}

export interface Told {
  clicked(hit: Hit | null): void;
  moved(view: View): void;
  /** All that can be seen now has been drawn. */
  drawn(): void;
  /** Tiles could not be fetched. */
  failed(): void;
}

const KIND_OF: Readonly<Record<string, Kind>> = {
  alarms: "alert", values: "sensor", sensors: "sensor", assets: "asset", pipes: "asset", zones: "zone",
};
const PULSE = 1600;
const CLOSE = 16;

/** The map itself, which React only tells what to show. */
export class Engine {
  readonly map: MapLibre;
  #drawing: Drawing;
  readonly #told: Told;
  #isLoaded = false;
  #isBusy = false;
  readonly #data = new Map<Own, Feature[]>();

  constructor(container: HTMLElement, drawing: Drawing, view: View | null, title: string, told: Told) {
    this.#drawing = drawing;
    this.#told = told;
    const start = view ? { center: [view.lng, view.lat] as [number, number], zoom: view.zoom } : boundsOf(drawing);
    this.map = new MapLibre({
      container, style: styleOf(drawing), ...start,
      attributionControl: false, // what an uploaded file says is text, and written by the page
      locale: { "Map.Title": title },
      transformRequest: signed,
      maxZoom: 22, fadeDuration: 0, dragRotate: false, pitchWithRotate: false, touchPitch: false, rollEnabled: false,
      pixelRatio: isSoftware() ? 1 : Math.min(devicePixelRatio, 2),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new ScaleControl({ unit: "metric", maxWidth: 120 }), "bottom-left");
    this.#draw();
    this.#listen();
  }

  destroy(): void {
    this.map.remove();
  }

  /** Draw in other colours, by another mode, or from tiles of another edition; nothing is loaded that is there. */
  show(drawing: Drawing): void {
    const before = this.#drawing;
    this.#drawing = drawing;
    if (!this.#isLoaded) return;
    if (tilesOf(before.network) !== tilesOf(drawing.network)) {
      this.map.getSource<VectorTileSource>(NETWORK)?.setTiles([tilesOf(drawing.network)]);
    }
    if (before.colours !== drawing.colours) this.#draw();
    for (const layer of layersOf(drawing)) {
      if (!this.map.getLayer(layer.id)) continue;
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        this.map.setPaintProperty(layer.id, name as "line-color", value as string);
      }
      if (["zone-names", "zone-odd"].includes(layer.id) && layer.type === "symbol") this.map.setLayoutProperty(layer.id, "text-field", layer.layout?.["text-field"]);
    }
  }

  /** While somebody draws, clicks are for the drawing. */
  setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy;
  }

  /** Put what one of the page's own sources shows. */
  put(own: Own, features: Feature[]): void {
    this.#data.set(own, features);
    if (!this.#isLoaded) return;
    void this.map.getSource<GeoJSONSource>(own)?.setData({ type: "FeatureCollection", features });
  }

  /** Draw attention to places once; without motion nothing more than the marks themselves. */
  pulse(places: Position[]): void {
    if (places.length === 0 || !this.#isLoaded || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.put("pulse", places.map(([lng, lat]) => ({
      type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [lng, lat] },
    })));
    const begun = performance.now();
    const step = (now: number): void => {
      if (!this.map.getLayer("pulse")) return;
      const share = Math.min(1, (now - begun) / PULSE);
      this.map.setPaintProperty("pulse", "circle-radius", 12 + 36 * share);
      this.map.setPaintProperty("pulse", "circle-stroke-opacity", 1 - share);
      if (share < 1) requestAnimationFrame(step);
      else this.put("pulse", []);
    };
    requestAnimationFrame(step);
  }

  /** Go where something is, and so close that it can be told from its neighbours. */
  goTo([lng, lat]: Position): void {
    this.map.easeTo({ center: [lng, lat], zoom: Math.max(CLOSE, this.map.getZoom()), duration: 600 });
  }

  fit(box: Box): void {
    this.map.fitBounds(box, { padding: 48, maxZoom: 17, duration: 600 });
  }

  zoom(by: 1 | -1): void {
    this.map.easeTo({ zoom: this.map.getZoom() + by, duration: 200 });
  }

  get box(): Box {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  /** How many features of layers can be seen, each once. */
  count(...layers: string[]): number {
    if (!this.#isLoaded) return 0;
    const found = this.map.queryRenderedFeatures({ layers });
    return new Set(found.map((each) => `${each.layer.id}:${each.id ?? each.properties["id"] ?? JSON.stringify(each.geometry)}`)).size;
  }

  #draw(): void {
    for (const { name, image, ratio } of images(this.#drawing.colours)) {
      if (this.map.hasImage(name)) this.map.updateImage(name, image);
      else this.map.addImage(name, image, { pixelRatio: ratio });
    }
  }

  #listen(): void {
    const { map } = this;
    map.on("load", () => {
      this.#isLoaded = true;
      this.show(this.#drawing);
      for (const own of OWN) this.put(own, this.#data.get(own) ?? []);
      this.#moved();
    });
    map.on("moveend", () => this.#moved());
    map.on("idle", () => this.#told.drawn());
    map.on("click", (event) => this.#clicked(event));
    map.on("error", ({ error }) => {
      if ((error as { status?: number }).status === 401) session.distrust();
      this.#told.failed();
    });
  }

  #moved(): void {
    const { lng, lat } = this.map.getCenter();
    this.#told.moved({ lng, lat, zoom: this.map.getZoom() });
  }

  #clicked(event: MapMouseEvent): void {
    if (this.#isBusy) return;
    const reach = matchMedia("(pointer: coarse)").matches ? 16 : 6;
    const { x, y } = event.point;
    const layers = CLICKABLE.filter((layer) => this.map.getLayer(layer));
    const found = this.map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers });
    const at: Position = [event.lngLat.lng, event.lngLat.lat];
    const first = CLICKABLE.map((layer) => found.find((each) => each.layer.id === layer)).find((each) => each);
    this.#told.clicked(first ? { ...idOf(first), at, metres: reach * this.#metresPerPixel(at) } : null);
  }

  #metresPerPixel([, lat]: Position): number {
    return (40_075_016 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
  }
}

function idOf(feature: MapGeoJSONFeature): { kind: Kind; id: number | null } {
  const id = Number(feature.properties["id"] ?? feature.id ?? 0);
  return { kind: KIND_OF[feature.layer.id] ?? "asset", id: id > 0 ? id : null };
}

function boundsOf({ network }: Drawing): { bounds: Box; fitBoundsOptions: { padding: number; maxZoom: number } } | { center: [number, number]; zoom: number } {
  if (!network.bounds) return { center: [0, 20], zoom: 1.5 };
  return { bounds: network.bounds.map(Number) as Box, fitBoundsOptions: { padding: 48, maxZoom: 17 } };
}

/** Tiles are for those who are signed in; only our own server gets the token. */
async function signed(url: string): Promise<{ url: string; headers?: Record<string, string> }> {
  if (new URL(url, location.href).origin !== location.origin) return { url };
  return { url, headers: { Authorization: `Bearer ${await session.freshToken()}` } };
}

/** Whether WebGL is worked out by the processor, as in a virtual machine: then fewer pixels. */
function isSoftware(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = info ? String(gl?.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(name);
}
