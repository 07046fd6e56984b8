import { useId, type ReactNode } from "react";
import { FieldError, Input, Label, Text as Hint, TextField } from "react-aria-components";
import css from "@/parts/Field.module.css";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone")];

/** A time zone by its name in the tz database; the browser offers those that begin alike. */
export function TimeZone({
  label,
  hint,
  value,
  onChange,
}: {
  label: string;
  hint?: string;
  value: string;
  onChange: (zone: string) => void;
}): ReactNode {
  const id = useId();
  return (
    <TextField className={css["field"] ?? ""} isRequired value={value} onChange={onChange}>
      <Label>{label}</Label>
      <Input list={id} autoComplete="off" />
      <datalist id={id}>
        {ZONES.map((zone) => (
          <option key={zone} value={zone}>
            {zone}
          </option>
        ))}
      </datalist>
      {hint && <Hint slot="description">{hint}</Hint>}
      <FieldError className={css["wrong"] ?? ""} />
    </TextField>
  );
}
