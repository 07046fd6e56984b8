import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import type { Line } from "@/parts/chart/line";
import { Loading } from "@/parts/states";
import type { Engine } from "@/screens/map/engine";
import { alarmMarks, placeOf, point } from "@/screens/map/live";
import { useBase, useNetwork } from "@/screens/map/use-map";
import { hasWebGl } from "@/screens/map/webgl";
import type { LinkedAlert, Replayed, Whole } from "./data";
import { photosAt, placesOf, sceneBox, valuesAt } from "./replay-scene";
import css from "./Replay.module.css";

const Canvas = lazy(() => import("@/screens/map/Canvas"));
const nothing = (): void => undefined;

/** The map as it was at a moment: what the sensors said, which alarms were active, which photos were there. */
export function ReplayMap({ whole, replayed, lines, alarms, at }: {
  whole: Whole; replayed: Replayed; lines: readonly Line[]; alarms: readonly LinkedAlert[]; at: number;
}): ReactNode {
  const t = useTranslations("incidents");
  const map = useTranslations("map");
  const { id: municipality } = useMunicipality();
  const { network } = useNetwork();
  const base = useBase();
  const [engine, setEngine] = useState<Engine | null>(null);
  const [isDrawn, setDrawn] = useState(false);
  const canDraw = useMemo(() => hasWebGl(), []);
  const places = useMemo(() => placesOf(replayed), [replayed]);
  const ready = useCallback((made: Engine | null) => {
    made?.map.scrollZoom.disable(); // the page scrolls by the wheel
    setEngine(made);
  }, []);
  useScene(engine, whole, lines, alarms, places, at);
  useFirstSight(engine, whole, places);
  if (!canDraw) return <p>{map("noWebGl")}</p>;
  if (!network || base === undefined) return <Loading />;
  return (
    <section className={css["map"]} aria-label={t("replayMap")} data-replayed={isDrawn ? Math.round(at) : undefined}>
      <Suspense fallback={<Loading />}>
        <Canvas key={municipality} network={network} base={base} mode="size" view={null}
          onReady={ready} onColours={nothing} onHit={nothing} onMove={nothing} onDrawn={() => setDrawn(true)} />
      </Suspense>
    </section>
  );
}

function useScene(
  engine: Engine | null, whole: Whole, lines: readonly Line[], alarms: readonly LinkedAlert[],
  places: ReturnType<typeof placesOf>, at: number,
): void {
  const format = useFormat();
  const { incident, files } = whole;
  useEffect(() => {
    if (!engine) return;
    engine.put("values", valuesAt(lines, places, at, format));
    engine.put("photos", photosAt(files, at));
    const where = (alert: LinkedAlert): ReturnType<typeof placeOf> =>
      placeOf(alert.location) ?? (alert.sensor_id === null ? null : (places.get(alert.sensor_id) ?? null));
    engine.put("alarms", alarmMarks(alarms, where));
    const own = placeOf(incident.location);
    engine.put("selected", own && Date.parse(incident.created_at) <= at ? [point(own, {})] : []);
  }, [engine, lines, places, at, format, files, alarms, incident]);
}

/** Begin where the incident is; whoever moves the map then stays where they went. */
function useFirstSight(engine: Engine | null, whole: Whole, places: ReturnType<typeof placesOf>): void {
  const seen = useRef<Engine | null>(null);
  useEffect(() => {
    if (!engine || seen.current === engine) return;
    const box = sceneBox(whole.incident, places.values(), whole.files);
    if (!box) return;
    seen.current = engine;
    engine.fit(box);
  }, [engine, whole, places]);
}
