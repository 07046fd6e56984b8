/** What hands do on a chart: wheel, drag, pinch. Keys and buttons do the same elsewhere (WCAG 2.2, 2.5.1). */

export interface Moves {
  /** Factor above 1 shows more; `share` is the place across that stays. */
  zoom(factor: number, share: number): void;
  /** By a share of what is seen; positive is later. */
  pan(share: number): void;
  /** Look at a part, as shares across. */
  pick(from: number, to: number): void;
  reset(): void;
}

const WHEEL = 0.0018;
const TAP = 4;

interface Finger {
  x: number;
  y: number;
}

/** Listen on the plot; gives the way to stop. `frame` shows what is being picked with Shift held. */
export function listen(plot: HTMLElement, frame: HTMLElement, moves: Moves): () => void {
  const fingers = new Map<number, Finger>();
  let picked: number | null = null;
  const width = (): number => Math.max(1, plot.clientWidth);
  const share = (x: number): number => (x - plot.getBoundingClientRect().left) / width();

  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (sideways) moves.pan(((event.deltaX || event.deltaY) * scale) / width());
    else moves.zoom(Math.exp(event.deltaY * scale * WHEEL), share(event.clientX));
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (event.shiftKey && event.pointerType === "mouse") picked = event.clientX;
  };
  const move = (event: PointerEvent): void => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const here = { x: event.clientX, y: event.clientY };
    if (picked !== null) show(frame, plot, picked, here.x);
    else if (fingers.size === 1) moves.pan((before.x - here.x) / width());
    else pinch(fingers, event.pointerId, here, moves, share);
    fingers.set(event.pointerId, here);
  };
  const up = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (picked === null) return;
    const [from, to] = [picked, event.clientX].map(share).sort((one, other) => one - other) as [number, number];
    if (Math.abs(event.clientX - picked) > TAP && event.type === "pointerup") moves.pick(Math.max(0, from), Math.min(1, to));
    picked = null;
    frame.hidden = true;
  };
  const twice = (): void => moves.reset();

  plot.addEventListener("wheel", wheel, { passive: false });
  plot.addEventListener("pointerdown", down);
  plot.addEventListener("pointermove", move);
  plot.addEventListener("pointerup", up);
  plot.addEventListener("pointercancel", up);
  plot.addEventListener("dblclick", twice);
  return () => {
    plot.removeEventListener("wheel", wheel);
    plot.removeEventListener("pointerdown", down);
    plot.removeEventListener("pointermove", move);
    plot.removeEventListener("pointerup", up);
    plot.removeEventListener("pointercancel", up);
    plot.removeEventListener("dblclick", twice);
  };
}

function pinch(fingers: Map<number, Finger>, moved: number, here: Finger, moves: Moves, share: (x: number) => number): void {
  const before = [...fingers.values()];
  const after = [...fingers].map(([id, finger]) => (id === moved ? here : finger));
  const [wasMiddle, wasApart] = spread(before);
  const [middle, apart] = spread(after);
  moves.pan(share(wasMiddle) - share(middle));
  if (wasApart > 0 && apart > 0) moves.zoom(wasApart / apart, share(middle));
}

function spread(fingers: Finger[]): [number, number] {
  const [one, other] = fingers;
  if (!one || !other) return [one?.x ?? 0, 0];
  return [(one.x + other.x) / 2, Math.max(20, Math.hypot(one.x - other.x, one.y - other.y))];
}

function show(frame: HTMLElement, plot: HTMLElement, from: number, to: number): void {
  const left = plot.getBoundingClientRect().left;
  frame.hidden = false;
  frame.style.left = `${Math.min(from, to) - left}px`;
  frame.style.width = `${Math.abs(to - from)}px`;
}
