import { useMemo, type KeyboardEvent, type ReactNode } from "react";
import {
  Checkbox, GridList, GridListHeader, GridListItem, GridListSection, ListLayout, Virtualizer, type Selection,
} from "react-aria-components";
import { useTranslations } from "use-intl";
import { isShelved, type Alert } from "@/live/situation";
import { useSituation } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { Icon } from "@/parts/Icon";
import { PriorityMark } from "@/parts/PriorityMark";
import { useNow } from "@/parts/use-now";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { grouped, type Grouping } from "./list";
import { useNameOf } from "./people";
import css from "./AlarmList.module.css";

const ROW_REM = 4;
const HEADING_REM = 2.25;

/** The list of alarms: only what is seen is in the document, however many there are. */
export function AlarmList({ alerts, grouping, open, selected, onSelect, onOpen, onKey, label, empty }: {
  alerts: readonly Alert[];
  grouping: Grouping;
  /** The one whose detail is shown. */
  open: number | null;
  selected: Selection;
  onSelect: (selected: Selection) => void;
  onOpen: (id: number) => void;
  /** A key while the focus is on a row. */
  onKey: (event: KeyboardEvent, focused: number | null) => void;
  label: string;
  empty: ReactNode;
}): ReactNode {
  const t = useTranslations("alarms");
  const groups = useMemo(() => grouped(alerts, grouping), [alerts, grouping]);
  const layout = useMemo(() => {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return { rowHeight: ROW_REM * rem, headingSize: HEADING_REM * rem };
  }, []);
  const nameOf = useGroupName();
  return (
    // The keys belong to the list: they do something only while the focus is in it (WCAG 2.2, 2.1.4).
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className={css["frame"]} onKeyDown={(event) => onKey(event, rowOf(event.target))}>
      <Virtualizer layout={ListLayout} layoutOptions={layout}>
        <GridList
          aria-label={label}
          className={css["list"] ?? ""}
          selectionMode="multiple"
          selectionBehavior="toggle"
          selectedKeys={selected}
          onSelectionChange={onSelect}
          onAction={(key) => onOpen(Number(key))}
          disallowTypeAhead
          renderEmptyState={() => empty}
        >
          {grouping === "none"
            ? alerts.map((alert) => <Row key={alert.id} alert={alert} isOpen={alert.id === open} />)
            : groups.map((group) => (
                <GridListSection key={group.key} id={`group-${group.key}`} aria-label={nameOf(grouping, group.key)}>
                  <GridListHeader className={css["group"] ?? ""}>
                    {t("group", { name: nameOf(grouping, group.key), count: group.alerts.length })}
                  </GridListHeader>
                  {group.alerts.map((alert) => <Row key={alert.id} alert={alert} isOpen={alert.id === open} />)}
                </GridListSection>
              ))}
        </GridList>
      </Virtualizer>
    </div>
  );
}

function rowOf(target: EventTarget): number | null {
  const row = target instanceof Element ? target.closest("[data-key]") : null;
  const key = row?.getAttribute("data-key");
  return key ? Number(key) : null;
}

function useGroupName(): (grouping: Grouping, key: string) => string {
  const t = useTranslations("alarms");
  const app = useTranslations("app.severity");
  const situation = useSituation();
  return (grouping, key) => {
    if (grouping === "priority") return app(key as "high");
    if (grouping === "sensor") return situation.sensors.get(Number(key))?.name ?? t("noSensor");
    return t.has(`kinds.${key}.name` as "kinds.no_data.name") ? t(`kinds.${key}.name` as "kinds.no_data.name") : key;
  };
}

function Row({ alert, isOpen }: { alert: Alert; isOpen: boolean }): ReactNode {
  const titleOf = useTitle();
  return (
    <GridListItem id={alert.id} textValue={titleOf(alert)} className={css["row"] ?? ""} data-open={isOpen || undefined} data-alert={alert.id} data-status={alert.status}>
      <RowBody alert={alert} />
    </GridListItem>
  );
}

function RowBody({ alert }: { alert: Alert }): ReactNode {
  const titleOf = useTitle();
  const why = useReason();
  const app = useTranslations("app");
  const t = useTranslations("alarms");
  const nameOf = useNameOf();
  const now = useNow(10_000);
  const isNew = alert.status === "open";
  const isAside = isShelved(alert, now);
  const who = alert.assigned_to === null ? alert.acknowledged_by : alert.assigned_to;
  return (
    <>
      <Checkbox slot="selection" className={css["check"] ?? ""}>
        <span className={css["box"]} aria-hidden="true" />
      </Checkbox>
      <span className={css["mark"]} data-new={(isNew && !isAside) || undefined}>
        <PriorityMark severity={alert.severity} hollow={!isNew} size={26} />
      </span>
      <div className={css["words"]}>
        <strong dir="auto">{titleOf(alert)}</strong>
        <p>
          <b>{isAside ? t("shelved") : app(`status.${alert.status}`)}</b>
          {!isNew && who !== null && <> · <bdi>{nameOf(who)}</bdi></>}
          {!alert.condition_active && <> · {t("gone")}</>}
          {" · "}<span dir="auto">{why(alert)}</span>
        </p>
      </div>
      <span className={css["age"]}>
        <Ago at={alert.raised_at ?? alert.created_at} />
        <Icon name="forward" size={16} />
      </span>
    </>
  );
}
