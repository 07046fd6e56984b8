import { useMemo, useState, type ReactNode } from "react";
import { Button as Plain, ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useSituation } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { LineSign } from "@/parts/chart/ReadOut";
import { Icon } from "@/parts/Icon";
import { MOST_COMPARED } from "./use-view";
import field from "@/parts/Field.module.css";
import css from "./Sensor.module.css";

const MOST_OFFERED = 60;

/** Other sensors drawn into the same chart. */
export function Compare({ id, compared, compare, apart, setApart }: {
  id: number;
  compared: readonly number[];
  compare: (ids: readonly number[]) => void;
  apart: boolean;
  setApart: (apart: boolean) => void;
}): ReactNode {
  const t = useTranslations("sensors");
  const situation = useSituation();
  const [added, setAdded] = useState<number | null>(null);
  const add = (one: number): void => {
    setAdded(one);
    compare([...compared, one]);
  };
  return (
    <div className={css["compare"]}>
      {compared.map((each, index) => (
        <span key={each} className={css["chip"]}>
          <LineSign index={index + 1} />
          <bdi>{situation.sensors.get(each)?.name ?? each}</bdi>
          <Button
            kind="quiet"
            icon="close"
            autoFocus={each === added}
            aria-label={t("compareLess", { name: situation.sensors.get(each)?.name ?? String(each) })}
            onPress={() => compare(compared.filter((other) => other !== each))}
          />
        </span>
      ))}
      {/* A new one each time: the same one would open its list again, over the chart, as its text is emptied. */}
      {compared.length < MOST_COMPARED - 1 && <Add key={compared.join()} taken={[id, ...compared]} add={add} />}
      {compared.length > 0 && (
        <Button aria-pressed={apart} onPress={() => setApart(!apart)}>{t("ownAxes")}</Button>
      )}
    </div>
  );
}

function Add({ taken, add }: { taken: readonly number[]; add: (id: number) => void }): ReactNode {
  const t = useTranslations("sensors");
  const situation = useSituation();
  const [typed, type] = useState("");
  const offered = useMemo(() => {
    const words = typed.trim().toLocaleLowerCase();
    const kind = situation.sensors.get(taken[0] ?? 0)?.sensor_type;
    // Those of the same kind first: they share an axis.
    return situation.list()
      .filter((each) => !taken.includes(each.id) && `${each.name} ${each.device_id}`.toLocaleLowerCase().includes(words))
      .sort((one, other) => Number(other.sensor_type === kind) - Number(one.sensor_type === kind))
      .slice(0, MOST_OFFERED)
      .map((each) => ({ id: each.id, name: `${each.name} · ${each.device_id}` }));
  }, [situation, taken, typed]);
  return (
    <ComboBox
      className={`${field["field"] ?? ""} ${css["add"] ?? ""}`}
      items={offered}
      inputValue={typed}
      onInputChange={type}
      value={null}
      menuTrigger="focus"
      allowsEmptyCollection
      onChange={(key) => {
        if (key !== null) add(Number(key));
      }}
    >
      <Label className="visually-hidden">{t("compareMore")}</Label>
      <div className={css["combo"]}>
        <Input placeholder={t("compareMore")} />
        <Plain className={css["open"] ?? ""}><Icon name="down" size={16} /></Plain>
      </div>
      <Popover className={field["popover"] ?? ""}>
        <ListBox className={field["list"] ?? ""} renderEmptyState={() => <p className={css["none"]}>{t("noneFound")}</p>}>
          {(each: { id: number; name: string }) => <ListBoxItem id={each.id} className={field["option"] ?? ""}>{each.name}</ListBoxItem>}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
