import type { ReactNode } from "react";
import { Button, FieldError, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";
import { Icon } from "./Icon";
import css from "./Field.module.css";

export interface Option<K extends string> {
  id: K;
  name: string;
}

/** One of a few, from a list that opens; without any there is nothing to open, as while they are on their way. */
export function Choice<K extends string>({
  label,
  options,
  value,
  onChange,
  labelHidden = false,
  isDisabled = false,
}: {
  label: string;
  options: readonly Option<K>[];
  value: K | null;
  onChange: (value: K) => void;
  labelHidden?: boolean;
  isDisabled?: boolean;
}): ReactNode {
  return (
    <Select
      className={css["field"] ?? ""}
      value={value}
      onChange={(key) => onChange(key as K)}
      isDisabled={isDisabled || options.length === 0}
      {...(labelHidden && { "aria-label": label })}
    >
      {!labelHidden && <Label>{label}</Label>}
      <Button className={css["choice"] ?? ""}>
        <SelectValue />
        <Icon name="down" size={16} />
      </Button>
      <FieldError className={css["wrong"] ?? ""} />
      <Popover className={css["popover"] ?? ""}>
        <ListBox items={options} className={css["list"] ?? ""}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.name} className={css["option"] ?? ""}>
              {option.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
