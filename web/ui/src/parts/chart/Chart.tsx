import "uplot/dist/uPlot.min.css";
import { useEffect, useImperativeHandle, useMemo, useRef, useState, type KeyboardEvent, type ReactNode, type Ref } from "react";
import { useTranslations } from "use-intl";
import { now } from "@/api/client";
import { Engine, type Reading, type Scene } from "./engine";
import type { Line } from "./line";
import { marksAt, type Mark } from "./marks";
import { ReadOut, useSpoken } from "./ReadOut";
import { spanOf, type View } from "./span";
import { useWords } from "./use-words";
import css from "./Chart.module.css";

export interface ChartHandle {
  zoom(factor: number): void;
  pan(share: number): void;
  picture(title: string): HTMLCanvasElement | null;
}

interface Props {
  /** What it shows, for who can't see it. */
  label: string;
  lines: readonly Line[];
  view: View;
  onView?: (view: View) => void;
  usual?: Line | null;
  /** What the band of `usual` is: where most readings lie, or what a rule compares them with. */
  bandIs?: "usual" | "compared";
  marks?: readonly Mark[];
  limits?: Scene["limits"];
  doubts?: Scene["doubts"];
  apart?: boolean;
  height?: number;
  /** A small picture beside an alarm: nothing to operate. */
  still?: boolean;
  /** What the lines were fetched for: while the view is inside, a hand may move it without anybody being told. */
  holds?: Scene["holds"];
  ref?: Ref<ChartHandle>;
}

const NO_MARKS: readonly Mark[] = [];
const NO_LIMITS: Scene["limits"] = [];
const NO_DOUBTS: Scene["doubts"] = [];

/**
 * Series over time: an envelope from the lowest to the highest value with the mean in it, what is usual,
 * what happened, limits. Wheel, pinch, drag and keys zoom and pan; the cursor tells all values.
 */
export function Chart({
  label, lines, view, onView, usual = null, bandIs = "usual", marks = NO_MARKS, limits = NO_LIMITS, doubts = NO_DOUBTS, apart = false, height = 320,
  still = false, holds = null, ref,
}: Props): ReactNode {
  const t = useTranslations("chart");
  const words = useWords();
  const root = useRef<HTMLDivElement>(null);
  const engine = useRef<Engine | null>(null);
  const [reading, setReading] = useState<Reading | null>(null);
  const scene = useMemo<Scene>(() => ({ lines, usual, marks, limits, doubts, apart, words, holds }), [lines, usual, marks, limits, doubts, apart, words, holds]);
  const latest = useRef({ scene, view, onView, height });
  useEffect(() => {
    latest.current = { scene, view, onView, height };
  });
  useEffect(() => {
    if (!root.current) return;
    const first = latest.current;
    const made = new Engine(root.current, first.scene, first.view, {
      view: (next) => latest.current.onView?.(next),
      reading: setReading,
    }, now, first.height, still);
    engine.current = made;
    return () => {
      engine.current = null;
      made.end();
    };
  }, [still]);
  useEffect(() => engine.current?.show(scene, height), [scene, height]);
  useEffect(() => engine.current?.look(view), [view]);
  useImperativeHandle(ref, () => ({
    zoom: (factor) => engine.current?.zoom(factor),
    pan: (share) => engine.current?.pan(share),
    picture: (title) => engine.current?.picture(title) ?? null,
  }), []);

  const spoken = useSpoken(lines, reading, marks);
  if (still) return <div ref={root} className={css["plot"]} role="img" aria-label={label} dir="ltr" style={{ height }} />;
  const { from, to } = spanOf(view, now());
  const at = Math.min(to, Math.max(from, reading?.at ?? to));
  return (
    <div className={css["chart"]}>
      {/* A slider over time: the role whose value screen readers tell while arrow keys move it. */}
      <div
        ref={root}
        className={css["plot"]}
        style={{ height }}
        dir="ltr"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-roledescription={t("chart")}
        aria-valuemin={Math.round(from)}
        aria-valuemax={Math.round(to)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={spoken || t("keys")}
        onKeyDown={(event) => {
          if (engine.current && pressed(engine.current, event)) event.preventDefault();
        }}
      />
      <ReadOut lines={lines} bandIs={bandIs} reading={reading} marks={reading ? marksAt(marks, reading.at, reading.width * 6, now()) : NO_MARKS} />
    </div>
  );
}

/** What keys do: arrows go from value to value, with Shift through time; + and − zoom; Escape leaves. */
const KEYS: Readonly<Record<string, (engine: Engine, by: number) => void>> = {
  ArrowLeft: (engine, by) => engine.step(-by),
  ArrowRight: (engine, by) => engine.step(by),
  "Shift ArrowLeft": (engine) => engine.pan(-0.1),
  "Shift ArrowRight": (engine) => engine.pan(0.1),
  PageUp: (engine) => engine.pan(-0.9),
  PageDown: (engine) => engine.pan(0.9),
  Home: (engine) => engine.step("first"),
  End: (engine) => engine.step("last"),
  "+": (engine) => engine.zoom(0.5),
  "=": (engine) => engine.zoom(0.5),
  "-": (engine) => engine.zoom(2),
  Escape: (engine) => engine.step(null),
};

function pressed(engine: Engine, event: KeyboardEvent): boolean {
  const named = event.shiftKey && event.key.startsWith("Arrow") ? `Shift ${event.key}` : event.key;
  const does = KEYS[named] ?? KEYS[event.key];
  does?.(engine, event.ctrlKey || event.metaKey ? 10 : 1);
  return does !== undefined;
}
