import type { ReactNode } from "react";
import { Checkbox, CheckboxGroup, Label } from "react-aria-components";
import { Icon } from "./Icon";
import css from "./Checks.module.css";

/** One thing that is so or not. */
export function Check({
  children,
  isSelected,
  onChange,
  isDisabled = false,
}: {
  children: ReactNode;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  isDisabled?: boolean;
}): ReactNode {
  return (
    <Checkbox className={css["check"] ?? ""} isSelected={isSelected} onChange={onChange} isDisabled={isDisabled}>
      <Mark>{children}</Mark>
    </Checkbox>
  );
}

/** Any of several. */
export function Checks<K extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { id: K; name: ReactNode; hint?: string }[];
  value: readonly K[];
  onChange: (value: K[]) => void;
}): ReactNode {
  return (
    <CheckboxGroup className={css["group"] ?? ""} value={[...value]} onChange={(keys) => onChange(keys as K[])}>
      <Label>{label}</Label>
      {options.map((option) => (
        <Checkbox key={option.id} value={option.id} className={css["check"] ?? ""}>
          <Mark>
            {option.name}
            {option.hint && <small>{option.hint}</small>}
          </Mark>
        </Checkbox>
      ))}
    </CheckboxGroup>
  );
}

function Mark({ children }: { children: ReactNode }): ReactNode {
  return (
    <>
      <span className={css["box"]}>
        <Icon name="check" size={16} />
      </span>
      <span className={css["words"]}>{children}</span>
    </>
  );
}
