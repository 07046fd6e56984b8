// Makes src/parts/world.gen.json: the world's coasts and borders as lines, so coarse that they cost nothing.
//   npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz && node gen-world.mjs package/countries-110m.json
// The data is Natural Earth's (naturalearthdata.com), which is in the public domain.
import { readFileSync, writeFileSync } from "node:fs";

/** Tenths of a degree: 11 km at most. */
const GRID = 10;
const FAR = 180 * GRID;
const { arcs, transform } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const [scaleX, scaleY] = transform.scale;
const [fromX, fromY] = transform.translate;

const lines = arcs.flatMap((arc) => {
  let [x, y] = [0, 0];
  const line = [];
  const before = [];
  for (const [dx, dy] of arc) {
    x += dx;
    y += dy;
    const at = [Math.round((x * scaleX + fromX) * GRID), Math.round((y * scaleY + fromY) * GRID)];
    const last = line.at(-1);
    // What goes around the date line is two lines, not one across the world.
    if (last && Math.abs(at[0] - last[0]) > FAR) before.push(line.splice(0));
    if (!last || last[0] !== at[0] || last[1] !== at[1]) line.push(at);
  }
  // The first place, then the way from each to the next.
  return [...before, line].map((part) => part.flatMap(([lng, lat], index) => (index === 0 ? [lng, lat] : [lng - part[index - 1][0], lat - part[index - 1][1]])));
});
writeFileSync("src/parts/world.gen.json", `${JSON.stringify(lines.filter((line) => line.length > 2))}\n`);
