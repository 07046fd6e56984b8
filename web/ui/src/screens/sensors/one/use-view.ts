import { startTransition, useCallback, useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import { now } from "@/api/client";
import { readView, written, type View } from "@/parts/chart/span";

/** Browsers refuse to change an address too often; a hand that zooms makes dozens of views a second. */
const PAUSE = 500;

/** What the chart looks at; the address follows, so that a reload and a link show the same. */
export function useView(): [View, (view: View) => void] {
  const [said, say] = useSearchParams();
  const [view, look] = useState(() => readView(said, now()));
  const [address, setAddress] = useState(said.toString());
  if (address !== said.toString()) {
    // Somebody went back, or followed a link.
    setAddress(said.toString());
    const named = readView(said, now());
    if (JSON.stringify(written(named)) !== JSON.stringify(written(view))) look(named);
  }
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(written(view))) {
        if (value === null) next.delete(name);
        else next.set(name, value);
      }
      if (next.toString() === new URLSearchParams(location.search).toString()) return;
      setAddress(next.toString());
      say(next, { replace: true });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [view, say]);
  // Whatever follows from it is drawn when there is time: the hand on the chart comes first.
  return [view, useCallback((next: View) => startTransition(() => look(next)), [])];
}

/** The sensors that are compared with the one of the address: up to five more. */
export function useCompared(id: number): [readonly number[], (ids: readonly number[]) => void] {
  const [said, say] = useSearchParams();
  const text = said.get("with") ?? "";
  const ids = text.split(",").map(Number).filter((each) => each > 0 && each !== id).slice(0, MOST_COMPARED - 1);
  const change = (next: readonly number[]): void => {
    const params = new URLSearchParams(location.search);
    if (next.length > 0) params.set("with", next.join(","));
    else params.delete("with");
    say(params, { replace: true });
  };
  return [ids, change];
}

export const MOST_COMPARED = 6;
