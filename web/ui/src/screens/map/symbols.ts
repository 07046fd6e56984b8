import { SHAPES } from "@/parts/PriorityMark";
import { SEVERITIES, type Severity } from "@/live/situation";
import type { Palette } from "./palette";

/** Small drawings in a square of 24, one for canvas and legend both. */
export const SYMBOLS = {
  valve: "M3 6L12 12L3 18ZM21 6L12 12L21 18Z",
  hydrant: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16zM12 8v8M8 12h8",
  pump: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16zM9 7.500L18.500 12L9 16.500Z",
  tank: "M5 4h14v16H5zM5 10h14",
  reservoir: "M2 8h20l-4 10H6zM6 12h12",
  meter: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16zM8 15L15.500 9",
  junction: "M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6z",
} as const;

export type AssetKind = keyof typeof SYMBOLS | "pipe";

const RATIO = 2;
const SIDE = 22;
const ALARM_SIDE = 28;

export interface Drawn {
  name: string;
  image: ImageData;
  ratio: number;
}

/** Every image that the map's style names, in the colours of a theme. */
export function images(colours: Palette): Drawn[] {
  const kinds = Object.keys(SYMBOLS) as (keyof typeof SYMBOLS)[];
  return [
    ...kinds.flatMap((kind) => [asset(kind, colours, false), asset(kind, colours, true)]),
    ...SEVERITIES.flatMap((severity) => [alarm(severity, colours, false), alarm(severity, colours, true)]),
  ];
}

function asset(kind: keyof typeof SYMBOLS, colours: Palette, isClosed: boolean): Drawn {
  const image = drawn(SIDE, (pen) => {
    const path = new Path2D(SYMBOLS[kind]);
    pen.lineJoin = "round";
    pen.lineWidth = 4;
    pen.strokeStyle = colours.ground;
    pen.stroke(path);
    pen.fillStyle = isClosed ? colours.ink : colours.raised;
    // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a canvas fills, not an array
    pen.fill(path);
    pen.lineWidth = 1.8;
    pen.strokeStyle = colours.ink;
    pen.stroke(path);
  });
  return { name: `${kind}${isClosed ? "-closed" : ""}`, image, ratio: RATIO };
}

/** The same marks as everywhere (PriorityMark): filled until somebody has reacted, then hollow. */
function alarm(severity: Severity, colours: Palette, isHollow: boolean): Drawn {
  const shape = SHAPES[severity];
  const image = drawn(ALARM_SIDE, (pen) => {
    const path = new Path2D(`M${shape.points.map((point) => point.join(" ")).join("L")}Z`);
    pen.translate(1, 1);
    pen.scale(22 / 24, 22 / 24);
    pen.lineJoin = "round";
    pen.lineWidth = 3;
    pen.strokeStyle = colours.ground;
    pen.stroke(path);
    pen.fillStyle = isHollow ? colours.ground : colours[severity];
    // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a canvas fills, not an array
    pen.fill(path);
    pen.lineWidth = isHollow ? 2.4 : 1.2;
    pen.strokeStyle = isHollow ? colours[severity] : colours.ink;
    pen.stroke(path);
    pen.fillStyle = isHollow ? colours.ink : colours[`${severity}Ink`];
    pen.font = "700 13px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(shape.number, 12, shape.middle + 0.5);
  });
  return { name: `alarm-${severity}${isHollow ? "-hollow" : ""}`, image, ratio: RATIO };
}

function drawn(side: number, draw: (pen: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side * RATIO;
  const pen = canvas.getContext("2d");
  if (!pen) return new ImageData(canvas.width, canvas.height);
  pen.scale(canvas.width / 24, canvas.height / 24);
  draw(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}
