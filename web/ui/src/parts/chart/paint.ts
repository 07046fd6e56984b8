const TOKENS = {
  ground: "--ground",
  panel: "--panel",
  raised: "--raised",
  edge: "--edge",
  edgeStrong: "--edge-strong",
  ink: "--ink",
  inkSoft: "--ink-soft",
  band: "--band",
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
  trace1: "--trace",
  trace2: "--trace-2",
  trace3: "--trace-3",
  trace4: "--trace-4",
  trace5: "--trace-5",
  trace6: "--trace-6",
} as const;

export type Colours = Record<keyof typeof TOKENS, string> & { font: string };

/** How lines are told apart without colour (WCAG 2.2, 1.4.1): by dashes, in page pixels. */
export const DASHES: readonly number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [14, 4]];

/** Read the theme's colours as a canvas needs them: `light-dark()` is worked out by an element. */
export function coloursOf(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const found: Record<string, string> = { font: getComputedStyle(element).fontFamily };
  for (const [name, token] of Object.entries(TOKENS)) {
    probe.style.color = `var(${token})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found as Colours;
}

export function traceOf(colours: Colours, index: number): string {
  return colours[`trace${(index % 6) + 1}` as "trace1"];
}

/** The same colour, seen through; of a colour as a style is computed: `rgb(1, 2, 3)`. */
export function faint(colour: string, share: number): string {
  return colour.replace(/^rgb\((.+)\)$/, `rgba($1, ${share})`);
}

/** Call when the theme changes, by the person's choice or the system's; gives the way to stop. */
export function onTheme(changed: () => void): () => void {
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", changed);
  return () => {
    watch.disconnect();
    system.removeEventListener("change", changed);
  };
}

/** A copy of a canvas on the panel's ground, with a title over it. */
export function pictureOf(canvas: HTMLCanvasElement, title: string, colours: Colours, ratio: number): HTMLCanvasElement | null {
  const head = 28 * ratio;
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height + head;
  const ctx = copy.getContext("2d");
  if (!ctx) return null;
  ctx.fillStyle = colours.panel;
  ctx.fillRect(0, 0, copy.width, copy.height);
  ctx.fillStyle = colours.ink;
  ctx.font = `600 ${14 * ratio}px ${colours.font}`;
  ctx.textBaseline = "middle";
  ctx.fillText(title, 10 * ratio, head / 2);
  ctx.drawImage(canvas, 0, head);
  return copy;
}
