import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const CSS = readFileSync(join(import.meta.dirname, "../src/styles/tokens.css"), "utf8");
const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const tokens = new Map(
  [...CSS.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((match) => [match[1] ?? "", (match[2] ?? "").trim()] as const),
);

/** The colour of a token: `light-dark(#a, #b)` or the same in both. */
function colour(name: string, theme: Theme): string {
  const value = tokens.get(name) ?? "";
  const both = /^light-dark\((#[\da-f]+),\s*(#[\da-f]+)\)$/i.exec(value);
  const found = both ? both[theme === "light" ? 1 : 2] : value;
  if (!found?.startsWith("#")) throw new Error(`--${name} is no colour: ${value}`);
  return found;
}

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ["ground", "panel", "raised"];
const TEXTS = ["ink", "ink-soft", "ink-faint", "value", "accent", "stale"];
const FILLS = ["critical", "high", "medium", "low", "info", "accent"];

const pairs: [string, string, number][] = [
  // Text (1.4.3).
  ...GROUNDS.flatMap((ground) => TEXTS.map((text): [string, string, number] => [text, ground, 4.5])),
  ...FILLS.map((fill): [string, string, number] => [`${fill}-ink`, fill, 4.5]),
  // What must be seen to know what something is (1.4.11): focus, edges of fields, lines of a chart.
  ...GROUNDS.flatMap((ground) =>
    ["focus", "edge-strong", "trace"].map((edge): [string, string, number] => [edge, ground, 3]),
  ),
];

describe.each(THEMES)("in the %s theme", (theme) => {
  it.each(pairs)("%s upon %s has a contrast of at least %d", (front, back, least) => {
    expect(contrast(colour(front, theme), colour(back, theme))).toBeGreaterThanOrEqual(least);
  });
});

it("knows the formula", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

it("misses no pair of a fill and its ink", () => {
  const inks = [...tokens.keys()].filter((name) => name.endsWith("-ink")).map((name) => name.slice(0, -4));
  expect(inks.toSorted()).toEqual(FILLS.toSorted());
});
