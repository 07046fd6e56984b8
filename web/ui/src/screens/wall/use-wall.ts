import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { session } from "@/api/client";
import { takeTokenFromAddress } from "@/api/display";

const DAY = 24 * 3_600_000;

/** Keep the display awake for as long as this is shown, where the browser can. */
export function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    const ask = (): void => {
      if (document.visibilityState !== "visible") return;
      // It is refused on plain HTTP and when the battery is low: the screen saver is then the kiosk's own matter.
      navigator.wakeLock?.request("screen").then((got) => (lock = got)).catch(() => undefined);
    };
    ask();
    document.addEventListener("visibilitychange", ask);
    return () => {
      document.removeEventListener("visibilitychange", ask);
      void lock?.release();
    };
  }, []);
}

/** Letters that are read from five metres: the whole page grows with the width of the display. */
export function useLargeLetters(): void {
  useEffect(() => {
    const root = document.documentElement;
    root.style.fontSize = "max(16px, 1.25vw)";
    return () => {
      root.style.fontSize = "";
    };
  }, []);
}

/** Load the page anew once a day, while the server is there: updates arrive, and nothing piles up for months. */
export function useDailyReload(isLive: boolean): void {
  const [begun] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (isLive && Date.now() - begun > DAY) location.reload();
    }, 60_000);
    return () => clearInterval(timer);
  }, [isLive, begun]);
}

/** Whose turn it is; the next comes by itself. */
export function useTurn(count: number, every: number): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (count < 2) return undefined;
    const timer = setInterval(() => setTurn((before) => before + 1), every);
    return () => clearInterval(timer);
  }, [count, every]);
  return turn % count;
}

/** Take a token that comes by the address into a page that is open already. */
export function useTokenFromAddress(): void {
  useEffect(() => {
    const take = (): void => {
      if (takeTokenFromAddress()) location.reload();
    };
    addEventListener("hashchange", take);
    return () => removeEventListener("hashchange", take);
  }, []);
}

/** Escape leads a person back; whether there is a way back: a display without a person has none. */
export function useWayOut(): boolean {
  const [, navigate] = useLocation();
  const isThere = !session.isDisplay;
  useEffect(() => {
    if (!isThere) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") navigate("/overview");
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [isThere, navigate]);
  return isThere;
}
