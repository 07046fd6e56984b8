import { useMemo, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "@/api/client";
import type { Engine } from "./engine";
import css from "./Screen.module.css";

const COUNTED_FROM = 14;

/** What is on the map in words, for those who can't see it: of what is in view, once it is near enough. */
export function Summary({
  engine,
  network,
  drawnAt,
}: {
  engine: Engine | null;
  network: Schemas["MapOut"];
  /** When the map was last drawn to its end. */
  drawnAt: number;
}): ReactNode {
  const t = useTranslations("map");
  const counts = useMemo(() => {
    const total = (id: string): number => network.layers.find((layer) => layer.id === id)?.count ?? 0;
    if (!engine || drawnAt === 0) return null;
    const isNear = engine.map.getZoom() >= COUNTED_FROM;
    const seen = (id: string): number => (isNear ? engine.count(id) : total(id));
    return { isNear, pipes: seen("pipes"), assets: seen("assets"), sensors: seen("sensors"), alarms: engine.count("alarms") };
  }, [engine, network, drawnAt]);
  if (!counts) return null;
  return (
    <p className={`visually-hidden ${css["summary"] ?? ""}`} data-drawn={drawnAt}>
      {t(counts.isNear ? "inView" : "inAll", { pipes: counts.pipes, assets: counts.assets, sensors: counts.sensors, alarms: counts.alarms })}
    </p>
  );
}
