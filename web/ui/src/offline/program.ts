/** The program on this device: kept by a service worker, renewed when nobody is in the midst of something. */

export type Program =
  | { is: "unknown" }
  /** No secure context (plain http over the network): everything works but opening without a connection. */
  | { is: "insecure" }
  | { is: "unsupported" }
  | { is: "kept" }
  | { is: "newer" };

const UNATTENDED = 10 * 60_000;
const LOOK_EVERY = 30 * 60_000;

let state: Program = { is: "unknown" };
let waiting: ServiceWorker | null = null;
let touched = Date.now();
const listeners = new Set<() => void>();

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function program(): Program {
  return state;
}

/** Take up the newer version; whoever presses this has nothing half-written. */
export function renew(): void {
  if (waiting) waiting.postMessage("take over");
  else location.reload();
}

function set(next: Program): void {
  state = next;
  for (const each of listeners) each();
}

/** Keep the program on this device, once the first screen has been drawn. */
export function keepProgram(): void {
  if (import.meta.env.DEV) return;
  if (!isSecureContext) return set({ is: "insecure" });
  if (!("serviceWorker" in navigator)) return set({ is: "unsupported" });
  for (const event of ["keydown", "pointerdown", "input"]) addEventListener(event, () => { touched = Date.now(); }, { passive: true });
  const isFirst = navigator.serviceWorker.controller === null;
  let isRenewing = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    // The first worker takes over a page that is as new as itself.
    if (isFirst && !waiting) return;
    if (waiting && !isRenewing) {
      isRenewing = true;
      location.reload();
    } else set({ is: "newer" });
  });
  const begin = (): void => {
    navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).then(watch, () => set({ is: "unsupported" }));
  };
  if ("requestIdleCallback" in globalThis) requestIdleCallback(begin, { timeout: 10_000 });
  else setTimeout(begin, 3000);
}

function watch(registration: ServiceWorkerRegistration | undefined): void {
  if (!registration) return set({ is: "unsupported" });
  set({ is: "kept" });
  const found = (): void => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    waiting = registration.waiting;
    set({ is: "newer" });
  };
  found();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", found);
  });
  setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY);
  setInterval(() => {
    // A wall or a kiosk where nobody presses anything renews itself.
    if (state.is === "newer" && Date.now() - touched > UNATTENDED && !isWriting()) renew();
  }, 60_000);
}

/** Whether somebody has something half-written on the screen. */
function isWriting(): boolean {
  if (document.querySelector("[role=dialog]")) return true;
  return [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")].some(
    (field) => field === document.activeElement || (field.type !== "checkbox" && field.type !== "search" && field.value !== field.defaultValue),
  );
}
