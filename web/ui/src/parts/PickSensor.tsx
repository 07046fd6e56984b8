import { useState, type ReactNode } from "react";
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, useFilter } from "react-aria-components";
import { useSensors } from "@/live/use-live";
import { Icon } from "./Icon";
import css from "./Field.module.css";

const MOST = 200;

/** One of the sensors, found by name or device among all of them; nothing chosen is null. */
export function PickSensor({ label, value, onChange }: { label: string; value: number | null; onChange: (sensor: number | null) => void }): ReactNode {
  const sensors = useSensors();
  const { contains } = useFilter({ sensitivity: "base" });
  const [typed, setTyped] = useState<string | null>(null);
  const chosen = sensors.find((each) => each.id === value);
  const text = typed ?? (chosen ? nameOf(chosen) : "");
  // Until something else is typed than what is chosen, all are offered.
  const found = typed === null ? sensors : sensors.filter((each) => contains(nameOf(each), typed));
  return (
    <ComboBox
      className={css["field"] ?? ""}
      items={found.slice(0, MOST).map((each) => ({ id: String(each.id), name: nameOf(each) }))}
      inputValue={text}
      onInputChange={setTyped}
      value={value === null ? null : String(value)}
      onChange={(key) => {
        setTyped(null);
        onChange(key === null ? null : Number(key));
      }}
      menuTrigger="focus"
    >
      <Label>{label}</Label>
      <div style={{ display: "flex", gap: "0.25rem" }}>
        <Input />
        <Button className={css["choice"] ?? ""} style={{ width: "auto" }}>
          <Icon name="down" size={16} />
        </Button>
      </div>
      <Popover className={css["popover"] ?? ""}>
        <ListBox className={css["list"] ?? ""}>
          {(option: { id: string; name: string }) => (
            <ListBoxItem id={option.id} textValue={option.name} className={css["option"] ?? ""}>
              <bdi>{option.name}</bdi>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

function nameOf(sensor: { name: string; device_id: string }): string {
  return `${sensor.name} · ${sensor.device_id}`;
}
