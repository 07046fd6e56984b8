import { useCallback, useEffect, useState } from "react";
import type { Schemas } from "@/api/client";

export type Position = Schemas["Point"];
type Standing = "asking" | "found" | "none" | "refused" | "unsupported";

const PATIENCE = { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 };

const isThere = (): boolean => isSecureContext && "geolocation" in navigator;

/** Where this device is: at once if that was allowed before, else when `ask` is pressed. */
export function usePosition(): { position: Position | null; standing: Standing; ask: () => void; forget: () => void } {
  const [position, setPosition] = useState<Position | null>(null);
  const [standing, setStanding] = useState<Standing>(() => (isThere() ? "none" : "unsupported"));
  const ask = useCallback((): void => {
    setStanding("asking");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const round = (value: number): number => Math.round(value * 1e6) / 1e6;
        setPosition({ type: "Point", coordinates: [round(coords.longitude), round(coords.latitude)] });
        setStanding("found");
      },
      () => setStanding("refused"),
      PATIENCE,
    );
  }, []);
  useEffect(() => {
    if (!isThere() || !("permissions" in navigator)) return;
    navigator.permissions.query({ name: "geolocation" }).then(({ state }) => {
      if (state === "granted") ask();
    }, () => undefined);
  }, [ask]);
  return { position, standing, ask, forget: () => { setPosition(null); setStanding("none"); } };
}
