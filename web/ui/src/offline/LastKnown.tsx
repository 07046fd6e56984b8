import { useEffect, type ReactNode } from "react";
import { useMunicipality } from "@/app/municipality";
import type { Alert, Sensor } from "@/live/situation";
import { useLine, useSituation } from "@/live/use-live";
import { keep, recall } from "./kept";
import { outbox } from "./use-outbox";

const EVERY = 30_000;
const MOST_SENSORS = 3000;
const MOST_ALERTS = 500;
const NAME = "situation";

interface Last {
  sensors: Sensor[];
  alerts: Alert[];
}

/**
 * Keeps what the page knows on this device every half minute, and takes it up again where a start finds
 * no server. What is shown then has its age: every value tells when it was measured.
 */
export function LastKnown(): ReactNode {
  const situation = useSituation();
  const { id } = useMunicipality();
  const { line } = useLine();
  const { is } = line;
  useEffect(() => {
    if (is !== "lost" || situation.loaded) return;
    void recall<Last>(id, NAME).then((found) => {
      if (found && !situation.loaded) situation.load(found.value.sensors, found.value.alerts);
    });
  }, [is, situation, id]);
  useEffect(() => {
    if (is !== "live") return undefined;
    void outbox.flush();
    const save = (): void => {
      if (!situation.loaded) return;
      const sensors = situation.list().slice(0, MOST_SENSORS);
      void keep(id, NAME, { sensors, alerts: situation.active().slice(0, MOST_ALERTS) } satisfies Last);
    };
    const first = setTimeout(save, 3000);
    const timer = setInterval(save, EVERY);
    addEventListener("pagehide", save);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
      removeEventListener("pagehide", save);
    };
  }, [is, situation, id]);
  return null;
}
