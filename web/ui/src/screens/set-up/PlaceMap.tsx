import { lazy, Suspense, useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "@/parts/Button";
import { Loading } from "@/parts/states";
import type { Engine } from "@/screens/map/engine";
import { isWithin } from "@/screens/map/geo";
import { graticule, worldLines } from "@/screens/map/graticule";
import { point, type Feature } from "@/screens/map/live";
import { useBase, useNetwork } from "@/screens/map/use-map";
import { hasWebGl } from "@/screens/map/webgl";
import type { Place } from "./csv";
import css from "./PlaceMap.module.css";

const Canvas = lazy(() => import("@/screens/map/Canvas"));
const WORLD = { lng: 10, lat: 25, zoom: 0.8 };
const NEAR = 12;
const nothing = (): void => undefined;

/** A map to put a place on, by a click or under its cross; of the network, a base map, or only the world's outlines. */
export function PlaceMap({ place, onPlace }: { place: Place | null; onPlace: (place: Place) => void }): ReactNode {
  const t = useTranslations("setUp.place");
  const map = useTranslations("map");
  const { network } = useNetwork();
  const base = useBase();
  const [engine, setEngine] = useState<Engine | null>(null);
  const [isDrawn, setDrawn] = useState(false);
  const canDraw = useMemo(() => hasWebGl(), []);
  const drawGrid = useGround(engine);
  useClicks(engine, onPlace);
  useMark(engine, place);
  const ready = useCallback((made: Engine | null) => setEngine(made), []);
  if (!canDraw) return null; // the fields below do without
  if (!network || base === undefined) return <Loading />;
  const first = place ? { lng: place[0], lat: place[1], zoom: NEAR } : network.bounds ? null : WORLD;
  const atCross = (): void => {
    const centre = engine?.map.getCenter().wrap();
    if (centre) onPlace([centre.lng, centre.lat]);
  };
  return (
    <section className={css["whole"]} aria-label={t("map")} data-drawn={isDrawn || undefined}>
      <p>{t("mapHow")}</p>
      <div className={css["map"]}>
        <Suspense fallback={<Loading />}>
          <Canvas network={network} base={base} mode="size" view={first} onReady={ready} onColours={nothing} onHit={nothing}
            onMove={drawGrid} onDrawn={() => setDrawn(true)} />
        </Suspense>
        <span className={css["cross"]} aria-hidden="true" />
        <div className={css["zoom"]}>
          <Button icon="plus" aria-label={map("tools.nearer")} onPress={() => engine?.zoom(1)} />
          <Button icon="minus" aria-label={map("tools.farther")} onPress={() => engine?.zoom(-1)} />
        </div>
      </div>
      <Button icon="pin" isDisabled={!engine} onPress={atCross}>{t("atCross")}</Button>
    </section>
  );
}

/** The world and its degrees, so that something is there before anything was imported; gives what to call after a move. */
function useGround(engine: Engine | null): () => void {
  const [world, setWorld] = useState<Feature[] | null>(null);
  useEffect(() => {
    let isOver = false;
    void import("@/parts/world.gen.json").then(({ default: kept }) => {
      if (!isOver) setWorld(worldLines(kept));
    });
    return () => {
      isOver = true;
    };
  }, []);
  const draw = useCallback(() => engine?.put("ground", [...(world ?? []), ...graticule(engine.box)]), [engine, world]);
  useEffect(draw, [draw]);
  return draw;
}

function useClicks(engine: Engine | null, onPlace: (place: Place) => void): void {
  useEffect(() => {
    if (!engine) return undefined;
    engine.setBusy(true);
    const { unsubscribe } = engine.map.on("click", ({ lngLat }) => {
      const { lng, lat } = lngLat.wrap();
      onPlace([lng, lat]);
    });
    return unsubscribe;
  }, [engine, onPlace]);
}

/** A ring around the place; the map goes there when it is out of sight, as when its numbers were typed. */
function useMark(engine: Engine | null, place: Place | null): void {
  const [lng, lat] = place ?? [];
  useEffect(() => {
    if (!engine) return;
    if (lng === undefined || lat === undefined) {
      engine.put("selected", []);
      return;
    }
    engine.put("selected", [point([lng, lat], {})]);
    if (!isWithin([lng, lat], engine.box)) engine.map.jumpTo({ center: [lng, lat], zoom: Math.max(NEAR, engine.map.getZoom()) });
  }, [engine, lng, lat]);
}
