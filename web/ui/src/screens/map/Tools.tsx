import type { ReactNode } from "react";
import { ToggleButton } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useMay } from "@/api/may";
import { Button } from "@/parts/Button";
import { Icon, type IconName } from "@/parts/Icon";
import css from "./Tools.module.css";

export type Tool = "legend" | "measure" | "edit" | "base";

const TOOLS: readonly { tool: Tool; icon: IconName; permission: string | null }[] = [
  { tool: "legend", icon: "filter", permission: null },
  { tool: "measure", icon: "measure", permission: null },
  { tool: "edit", icon: "edit", permission: "network.edit" },
  { tool: "base", icon: "layers", permission: null },
];

/** What lies over the map: nearer, farther, everything, here; and the tools. */
export function Tools({
  tool,
  setTool,
  onZoom,
  onFit,
  isLocating,
  onLocate,
}: {
  tool: Tool | null;
  setTool: (tool: Tool | null) => void;
  onZoom: (by: 1 | -1) => void;
  onFit: () => void;
  isLocating: boolean;
  /** Null where the browser would refuse. */
  onLocate: (() => void) | null;
}): ReactNode {
  const t = useTranslations("map");
  const may = useMay();
  return (
    <div className={css["tools"]} role="toolbar" aria-label={t("tools.title")} aria-orientation="vertical">
      <Button icon="plus" aria-label={t("tools.nearer")} onPress={() => onZoom(1)} />
      <Button icon="minus" aria-label={t("tools.farther")} onPress={() => onZoom(-1)} />
      <Button icon="fit" aria-label={t("tools.fit")} onPress={onFit} />
      {onLocate && (
        <ToggleButton className={css["toggle"] ?? ""} isSelected={isLocating} onChange={onLocate} aria-label={t("tools.here")}>
          <Icon name="pin" size={18} />
        </ToggleButton>
      )}
      {TOOLS.filter(({ permission }) => permission === null || may(permission)).map((each) => (
        <ToggleButton
          key={each.tool} className={css["toggle"] ?? ""} aria-label={t(`tools.${each.tool}`)}
          isSelected={tool === each.tool} onChange={(isOn) => setTool(isOn ? each.tool : null)}
        >
          <Icon name={each.icon} size={18} />
        </ToggleButton>
      ))}
    </div>
  );
}
