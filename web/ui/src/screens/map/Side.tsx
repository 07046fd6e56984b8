import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { BasePane } from "./BasePane";
import { Detail } from "./Detail";
import { EditPane } from "./EditPane";
import type { Engine } from "./engine";
import { Finder } from "./Finder";
import { MeasurePane } from "./MeasurePane";
import type { Palette } from "./palette";
import type { Place } from "./place";
import type { Tool } from "./Tools";
import type { BaseMap } from "./use-map";
import css from "./Side.module.css";

export interface Around {
  engine: Engine | null;
  colours: Palette | null;
  place: Place;
  change: (part: Partial<Place>) => void;
}

/**
 * Beside the map on a desk, a sheet from below on a phone: finding, and what was found. Everything on
 * the map can be reached from here without a mouse.
 */
export function Side({
  tool,
  setTool,
  base,
  ...around
}: Around & { tool: Tool | null; setTool: (tool: Tool | null) => void; base: BaseMap | null }): ReactNode {
  const t = useTranslations("map");
  const { selected } = around.place;
  // The sheet comes up for what was just chosen, and stays down when somebody has lowered it.
  const pane = tool !== null && tool !== "legend" ? tool : selected ? `${selected.kind}:${selected.id}` : "";
  const [said, setSaid] = useState({ pane: "", tall: false });
  const isTall = said.pane === pane ? said.tall : pane !== "";
  const setTall = (tall: boolean): void => setSaid({ pane, tall });
  const back = (): void => setTool(null);
  return (
    <aside className={css["side"]} data-tall={isTall || undefined} aria-label={t("side")}>
      <button type="button" className={css["handle"]} aria-expanded={isTall} onClick={() => setTall(!isTall)}>
        <span className="visually-hidden">{t(isTall ? "lower" : "raise")}</span>
      </button>
      {tool === "measure" ? (
        <MeasurePane {...around} close={back} />
      ) : tool === "edit" ? (
        <EditPane {...around} close={back} />
      ) : tool === "base" ? (
        <BasePane base={base} engine={around.engine} close={back} />
      ) : selected ? (
        <Detail key={`${selected.kind}:${selected.id}`} {...around} selected={selected} />
      ) : (
        <Finder {...around} raise={() => setTall(true)} />
      )}
    </aside>
  );
}
