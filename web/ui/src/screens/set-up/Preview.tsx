import type { ReactNode } from "react";
import { around, projector, type Bounds, type Pair } from "./plan";
import css from "./Wizard.module.css";

const [WIDTH, HEIGHT, MARGIN] = [480, 320, 14];

const NONE: readonly (readonly Pair[])[] = [];

/** A small drawing of what a file has, before it is taken. */
export function Preview({ label, lines = NONE, points, bounds }: {
  label: string;
  lines?: readonly (readonly Pair[])[];
  points: readonly Pair[];
  bounds?: Bounds | null;
}): ReactNode {
  const box = bounds ?? around(points);
  if (!box) return null;
  const at = projector(box, WIDTH, HEIGHT, MARGIN);
  const said = (place: Pair): string => at(place).map((each) => each.toFixed(1)).join(" ");
  const dots = points.map((place) => `M${said(place)}h0`).join("");
  return (
    <svg className={css["preview"]} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path className={css["line"]} d={lines.map((line) => `M${line.map(said).join("L")}`).join("")} />
      <path className={css["dot"]} d={dots} />
    </svg>
  );
}
