import type { ReactNode } from "react";
import { Input, SearchField, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslations } from "use-intl";
import { SEVERITIES, type Alert, type Severity } from "@/live/situation";
import { Choice } from "@/parts/Choice";
import { Icon } from "@/parts/Icon";
import { PriorityMark } from "@/parts/PriorityMark";
import { GROUPINGS, STANDINGS, type Wanted } from "./list";
import css from "./Screen.module.css";

export const SEARCH_ID = "alarm-search";

/** Which alarms are wanted: by priority, by how far people are, by words; and in which groups. */
export function Filters({ wanted, change, alerts }: {
  wanted: Wanted;
  change: (change: Partial<Wanted>) => void;
  alerts: readonly Alert[];
}): ReactNode {
  const t = useTranslations("alarms");
  return (
    <div className={css["filters"]} role="search">
      <SearchField aria-label={t("find")} className={css["search"] ?? ""} value={wanted.words} onChange={(words) => change({ words })}>
        <Icon name="search" size={18} />
        <Input id={SEARCH_ID} placeholder={t("find")} />
      </SearchField>
      <ToggleButtonGroup
        aria-label={t("priority")}
        className={css["toggles"] ?? ""}
        selectionMode="multiple"
        selectedKeys={[...wanted.severities]}
        onSelectionChange={(keys) => change({ severities: SEVERITIES.filter((each) => keys.has(each)) })}
      >
        {SEVERITIES.map((severity) => {
          const count = alerts.filter((alert) => alert.severity === severity).length;
          return (
            <ToggleButton key={severity} id={severity} className={css["toggle"] ?? ""}>
              <PriorityMark severity={severity satisfies Severity} hollow={count === 0} />
              <b>{count}</b>
            </ToggleButton>
          );
        })}
      </ToggleButtonGroup>
      <div className={css["choice"]}>
        <Choice label={t("standing")} labelHidden value={wanted.standing} onChange={(standing) => change({ standing })}
          options={STANDINGS.map((each) => ({ id: each, name: t(`standings.${each}`) }))} />
      </div>
      <div className={css["choice"]}>
        <Choice label={t("groupBy")} labelHidden value={wanted.grouping} onChange={(grouping) => change({ grouping })}
          options={GROUPINGS.map((each) => ({ id: each, name: t(`groupings.${each}`) }))} />
      </div>
    </div>
  );
}
