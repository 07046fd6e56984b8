import { useEffect, useSyncExternalStore } from "react";
import { now } from "@/api/client";
import { useSituation } from "@/live/use-live";
import { callOf } from "./melody";
import { Siren, type Heard } from "./siren";

/** The one of this page. */
export const siren = new Siren(now);

function subscribe(listener: () => void): () => void {
  siren.addEventListener("change", listener);
  return () => siren.removeEventListener("change", listener);
}

/** What is heard now, and whether this device may be heard at all. */
export function useHeard(): Heard {
  return useSyncExternalStore(subscribe, () => siren.heard);
}

/** How often shelves are looked at: one that ends sounds again. */
const LOOK_EVERY = 5000;

/** Let the alarms be heard for as long as this is shown. */
export function useAlarmSound(isOn = true): void {
  const situation = useSituation();
  useEffect(() => {
    if (!isOn) return undefined;
    const stop = siren.start();
    const follow = (): void => siren.wants(callOf(situation.active(), now()));
    const unsubscribe = situation.subscribe("alerts", follow);
    const timer = setInterval(follow, LOOK_EVERY);
    follow();
    return () => {
      unsubscribe();
      clearInterval(timer);
      stop();
    };
  }, [situation, isOn]);
}
