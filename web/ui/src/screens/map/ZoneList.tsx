import type { ReactNode } from "react";
import { ListBox, ListBoxItem, ListLayout, Virtualizer } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { Icon } from "@/parts/Icon";
import { standingOf, strangeFirst, type Zone } from "@/screens/overview/glance";
import { useOverview } from "@/screens/overview/use-overview";
import type { Go } from "./Finder";
import css from "./Side.module.css";

const ROW = { rowHeight: 52 };

/** The zones with what flows in, the unusual ones first. */
export function ZoneList({ go }: { go: Go }): ReactNode {
  const t = useTranslations("map");
  const { overview } = useOverview();
  if (!overview) return null;
  return (
    <Virtualizer layout={ListLayout} layoutOptions={ROW}>
      <ListBox aria-label={t("find.zoneList")} items={strangeFirst(overview.zones)} dependencies={[overview]} className={css["list"] ?? ""} onAction={(key) => go({ kind: "zone", id: Number(key) }, null)}>
        {(zone) => (
          <ListBoxItem id={zone.id} textValue={zone.name} className={css["item"] ?? ""}>
            <Icon name="layers" size={18} />
            <span>
              <strong><bdi>{zone.name}</bdi></strong>
              <small>{t(`zoneKinds.${zone.kind as "dma"}`)}</small>
            </span>
            <Inflow zone={zone} unit={overview.units.flow} />
          </ListBoxItem>
        )}
      </ListBox>
    </Virtualizer>
  );
}

function Inflow({ zone, unit }: { zone: Zone; unit: string }): ReactNode {
  const words = useTranslations("overview");
  const format = useFormat();
  const standing = standingOf(zone.inflow);
  return (
    <span className={css["value"]}>
      <bdi>{format.value(zone.inflow.value, unit)}</bdi>
      {(standing === "high" || standing === "low") && (
        <small className={css["off"]}><span aria-hidden="true">{standing === "high" ? "▲" : "▼"}</span> {words(`standings.${standing}`)}</small>
      )}
    </span>
  );
}
