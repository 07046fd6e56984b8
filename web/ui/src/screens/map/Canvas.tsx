import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { onTheme } from "@/parts/chart/paint";
import type { Schemas } from "@/api/client";
import { Engine, type Hit } from "./engine";
import type { Mode } from "./looks";
import { paletteOf, type Palette } from "./palette";
import type { View } from "./place";
import type { Drawing } from "./style";
import type { BaseMap } from "./use-map";
import { NO_FIGURES, type ZoneFigures } from "./zones";
import css from "./Screen.module.css";

interface Props {
  network: Schemas["MapOut"];
  base: BaseMap | null;
  mode: Mode;
  view: View | null;
  /** What is written into zones. */
  zones?: ZoneFigures;
  onReady: (engine: Engine | null) => void;
  onHit: (hit: Hit | null) => void;
  onMove: (view: View) => void;
  onDrawn: () => void;
  onColours: (colours: Palette) => void;
}

/** The canvas of the map; this and what it imports is loaded only by those who look at a map. */
export default function Canvas({ network, base, mode, view, zones = NO_FIGURES, onReady, onHit, onMove, onDrawn, onColours }: Props): ReactNode {
  const t = useTranslations("map");
  const title = t("canvas");
  const place = useRef<HTMLDivElement>(null);
  const engine = useRef<Engine | null>(null);
  const [colours, setColours] = useState<Palette | null>(null);
  useEffect(() => {
    const read = (): void => {
      if (!place.current) return;
      const found = paletteOf(place.current);
      setColours(found);
      onColours(found);
    };
    read();
    return onTheme(read);
  }, [onColours]);
  const drawing = useMemo<Drawing | null>(
    () => colours && { network, mode, colours, base: base?.base ?? null, named: base?.named ?? [], isDark: isDark(colours), zones },
    [network, base, mode, colours, zones],
  );
  const told = useRef({ clicked: onHit, moved: onMove, drawn: onDrawn });
  useEffect(() => {
    told.current = { clicked: onHit, moved: onMove, drawn: onDrawn };
  });
  const [failing, setFailing] = useState(false);
  const first = useRef({ drawing, view });
  useEffect(() => {
    first.current = { drawing, view };
  });
  const canDraw = drawing !== null;
  useEffect(() => {
    const { drawing: begun, view: where } = first.current;
    if (!canDraw || !place.current || !begun) return undefined;
    const made = new Engine(place.current, begun, where, title, {
      clicked: (hit) => told.current.clicked(hit),
      moved: (to) => told.current.moved(to),
      drawn: () => {
        setFailing(false);
        told.current.drawn();
      },
      failed: () => setFailing(true),
    });
    engine.current = made;
    onReady(made);
    return () => {
      onReady(null);
      engine.current = null;
      made.destroy();
    };
  }, [canDraw, title, onReady]);
  useEffect(() => {
    if (drawing) engine.current?.show(drawing);
  }, [drawing]);
  return (
    <>
      <div ref={place} className={css["canvas"]} />
      {failing && (
        <p className={css["failing"]} role="status">
          {t("tilesFail")}
        </p>
      )}
    </>
  );
}

function isDark({ ground }: Palette): boolean {
  return Number.parseInt(ground.slice(3, 5), 16) < 128;
}
