// @ts-check
/**
 * The alarm symbols: a shape and a number for each severity, so that colour is never alone (ISA-101).
 * One description serves the lists (SVG) and the map (canvas). Coordinates in a square of 24.
 */

/** @typedef {import("./types.js").Severity} Severity */

const SVG = "http://www.w3.org/2000/svg";

/** @type {Record<Severity, {points: [number, number][], number: string, middle: number}>} */
export const SHAPES = {
  critical: { // octagon
    points: [[8, 1], [16, 1], [23, 8], [23, 16], [16, 23], [8, 23], [1, 16], [1, 8]],
    number: "1", middle: 12.5,
  },
  high: { points: [[12, 1], [23.5, 22.5], [0.5, 22.5]], number: "2", middle: 16 },
  medium: { points: [[0.5, 2], [23.5, 2], [12, 23]], number: "3", middle: 9.5 },
  low: { points: [[12, 0.5], [23.5, 12], [12, 23.5], [0.5, 12]], number: "4", middle: 12.5 },
  info: { points: [[2, 3], [22, 3], [22, 21], [2, 21]], number: "i", middle: 12.5 },
};

/**
 * The symbol of a severity; text beside it says the word, so it is hidden from screen readers.
 * @param {Severity} severity
 */
export function symbol(severity) {
  const shape = SHAPES[severity] ?? SHAPES.info;
  const svg = svgElement("svg", {
    viewBox: "0 0 24 24", class: `symbol ${severity}`, "aria-hidden": "true",
  });
  const text = svgElement("text", { x: "12", y: String(shape.middle) });
  text.textContent = shape.number;
  svg.append(svgElement("polygon", { points: shape.points.map((p) => p.join(",")).join(" ") }), text);
  return svg;
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function svgElement(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/**
 * Draw the same symbol on a canvas, centred on x, y.
 * @param {CanvasRenderingContext2D} pen
 * @param {Severity} severity
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {{fill: string, ink: string}} colours
 */
export function drawSymbol(pen, severity, x, y, size, colours) {
  const shape = SHAPES[severity] ?? SHAPES.info;
  const scale = size / 24;
  pen.save();
  pen.translate(x - size / 2, y - size / 2);
  pen.scale(scale, scale);
  pen.beginPath();
  for (const [px, py] of shape.points) pen.lineTo(px, py);
  pen.closePath();
  pen.fillStyle = colours.fill;
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = colours.ink;
  pen.stroke();
  pen.fillStyle = colours.ink;
  pen.font = "bold 13px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(shape.number, 12, shape.middle + 0.5);
  pen.restore();
}
