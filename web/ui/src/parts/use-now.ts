import { useSyncExternalStore } from "react";
import { now } from "@/api/client";

const listeners = new Set<() => void>();
let shown = now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    shown = now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/**
 * The server's time, once a second for all who ask: one timer however many ages are shown. Who needs it less
 * exactly says so, and is drawn anew no more often than `every` so many milliseconds.
 */
export function useNow(every = 1000): number {
  return useSyncExternalStore(subscribe, () => (every <= 1000 ? shown : Math.floor(shown / every) * every));
}
