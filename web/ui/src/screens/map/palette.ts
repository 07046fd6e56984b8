const TOKENS = {
  ground: "--ground",
  panel: "--panel",
  raised: "--raised",
  edge: "--edge",
  edgeStrong: "--edge-strong",
  ink: "--ink",
  inkSoft: "--ink-soft",
  value: "--value",
  focus: "--focus",
  accent: "--accent",
  stale: "--stale",
  trace1: "--trace",
  trace2: "--trace-2",
  trace3: "--trace-3",
  trace4: "--trace-4",
  trace5: "--trace-5",
  trace6: "--trace-6",
  critical: "--critical",
  criticalInk: "--critical-ink",
  high: "--high",
  highInk: "--high-ink",
  medium: "--medium",
  mediumInk: "--medium-ink",
  low: "--low",
  lowInk: "--low-ink",
  info: "--info",
  infoInk: "--info-ink",
} as const;

/** The theme's colours as a map needs them: #rrggbb. */
export type Palette = Record<keyof typeof TOKENS | "pipe" | "water" | "park" | "street", `#${string}`>;

/** Read the tokens where an element stands: `light-dark()` is worked out by the browser. */
export function paletteOf(element: HTMLElement): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const found: Record<string, `#${string}`> = {};
  for (const [name, token] of Object.entries(TOKENS)) {
    probe.style.color = `var(${token})`;
    found[name] = hex(getComputedStyle(probe).color);
  }
  probe.remove();
  return withBase(found as Record<keyof typeof TOKENS, `#${string}`>);
}

/** What lies below the network is nearly the ground: nobody is there to look at houses. */
function withBase(tokens: Record<keyof typeof TOKENS, `#${string}`>): Palette {
  return {
    ...tokens,
    pipe: mixed(tokens.edgeStrong, tokens.inkSoft, 0.45),
    water: mixed(tokens.ground, tokens.trace1, 0.16),
    park: mixed(tokens.ground, tokens.edge, 0.25),
    street: mixed(tokens.ground, tokens.edge, 0.75),
  };
}

/** The colour of `rgb(1, 2, 3)` as `#010203`. */
export function hex(colour: string): `#${string}` {
  const parts = colour.match(/[\d.]+/g)?.slice(0, 3).map(Number) ?? [128, 128, 128];
  return `#${parts.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

/** A colour between two: `share` 0 is the first. */
export function mixed(one: string, other: string, share: number): `#${string}` {
  const channel = (colour: string, at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  const parts = [1, 3, 5].map((at) => channel(one, at) * (1 - share) + channel(other, at) * share);
  return hex(`rgb(${parts.join(", ")})`);
}
