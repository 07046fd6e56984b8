import { useState, type ReactNode } from "react";
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useSituation } from "@/live/use-live";
import { Icon } from "@/parts/Icon";
import field from "@/parts/Field.module.css";
import css from "./Rules.module.css";

const MOST = 60;

interface Offered {
  id: number;
  name: string;
}

/** One of thousands of sensors, found by typing. */
export function SensorChoice({ label, value, onChange, only }: {
  label: string;
  value: number | null;
  onChange: (id: number) => void;
  /** Only these are offered, where it is given. */
  only?: readonly number[];
}): ReactNode {
  const t = useTranslations("rules");
  const situation = useSituation();
  const nameOf = (id: number | null): string => (id === null ? "" : (situation.sensors.get(id)?.name ?? ""));
  const [typed, type] = useState<string | null>(null);
  const words = (typed ?? "").trim().toLocaleLowerCase();
  const offered: Offered[] = situation.list()
    .filter((each) => (!only || only.includes(each.id)) && `${each.name} ${each.device_id}`.toLocaleLowerCase().includes(words))
    .slice(0, MOST)
    .map((each) => ({ id: each.id, name: `${each.name} · ${each.device_id}` }));
  return (
    <ComboBox
      className={field["field"] ?? ""}
      items={offered}
      inputValue={typed ?? nameOf(value)}
      onInputChange={type}
      onOpenChange={(isOpen) => {
        if (!isOpen) type(null);
      }}
      value={value}
      menuTrigger="focus"
      allowsEmptyCollection
      onChange={(key) => {
        if (key !== null) onChange(Number(key));
        type(null);
      }}
    >
      <Label>{label}</Label>
      <div className={css["combo"]}>
        <Input />
        <Button className={css["open"] ?? ""}><Icon name="down" size={16} /></Button>
      </div>
      <Popover className={field["popover"] ?? ""}>
        <ListBox className={field["list"] ?? ""} renderEmptyState={() => <p className={css["none"]}>{t("noneFound")}</p>}>
          {(each: Offered) => <ListBoxItem id={each.id} className={field["option"] ?? ""}>{each.name}</ListBoxItem>}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
