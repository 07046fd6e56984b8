import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Severity } from "@/live/situation";
import css from "./PriorityMark.module.css";

interface Shape {
  points: readonly (readonly [number, number])[];
  number: string;
  middle: number;
}

/**
 * A shape and a number for each priority, so that colour is never the only sign (ISA-101; WCAG 2.2,
 * 1.4.1). One description serves lists (SVG) and map (canvas); coordinates in a square of 24.
 */
export const SHAPES: Readonly<Record<Severity, Shape>> = {
  critical: { points: [[8, 1], [16, 1], [23, 8], [23, 16], [16, 23], [8, 23], [1, 16], [1, 8]], number: "1", middle: 12.5 },
  high: { points: [[12, 1], [23.5, 22.5], [0.5, 22.5]], number: "2", middle: 16 },
  medium: { points: [[0.5, 2], [23.5, 2], [12, 23]], number: "3", middle: 9.5 },
  low: { points: [[12, 0.5], [23.5, 12], [12, 23.5], [0.5, 12]], number: "4", middle: 12.5 },
  info: { points: [[2, 3], [22, 3], [22, 21], [2, 21]], number: "i", middle: 12.5 },
};

/**
 * The mark of a priority. Filled: nobody has reacted yet; hollow: somebody has. `named` writes the word
 * beside it, else it is read to who can't see it.
 */
export function PriorityMark({
  severity,
  hollow = false,
  named = false,
  size = 20,
}: {
  severity: Severity;
  hollow?: boolean;
  named?: boolean;
  size?: number;
}): ReactNode {
  const t = useTranslations("app.severity");
  const shape = SHAPES[severity];
  return (
    <span className={css["mark"]}>
      <svg viewBox="-1 -1 26 26" style={{ width: `${size / 16}rem`, height: `${size / 16}rem` }} aria-hidden="true" data-severity={severity} data-hollow={hollow || undefined}>
        <polygon points={shape.points.map((point) => point.join(",")).join(" ")} />
        <text x="12" y={shape.middle}>{shape.number}</text>
      </svg>
      <span className={named ? undefined : "visually-hidden"}>{t(severity)}</span>
    </span>
  );
}
