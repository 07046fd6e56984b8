import { useEffect, useRef, useState } from "react";
import type { Engine } from "./engine";
import type { Palette } from "./palette";
import type { Begun, Drawn, Shape, Sketch } from "./sketch";

/** Lets somebody draw on the map while the component is there; null while the tools are loaded. */
export function useSketch(
  engine: Engine | null,
  colours: Palette | null,
  begin: Shape | Begun,
): { drawn: Drawn | null; sketch: Sketch | null } {
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const [sketch, setSketch] = useState<Sketch | null>(null);
  const first = useRef({ colours, begin });
  useEffect(() => {
    first.current = { colours, begin };
  });
  const isReady = colours !== null;
  useEffect(() => {
    const { colours: shown, begin: from } = first.current;
    if (!engine || !isReady || !shown) return undefined;
    return drawOn(engine, shown, from, setDrawn, setSketch);
  }, [engine, isReady]);
  return { drawn, sketch };
}

/** Load the tools and begin; gives the way to stop, which may come before they are there. */
function drawOn(
  engine: Engine,
  colours: Palette,
  begin: Shape | Begun,
  setDrawn: (drawn: Drawn | null) => void,
  setSketch: (sketch: Sketch | null) => void,
): () => void {
  let made: Sketch | null = null;
  let isOver = false;
  engine.setBusy(true);
  void import("./sketch").then(({ Sketch: Drawer }) => {
    if (isOver) return;
    made = new Drawer(engine.map, colours, setDrawn);
    if (typeof begin === "string") made.begin(begin);
    else made.edit(begin);
    setSketch(made);
  });
  return () => {
    isOver = true;
    engine.setBusy(false);
    made?.stop();
    setSketch(null);
    setDrawn(null);
  };
}
