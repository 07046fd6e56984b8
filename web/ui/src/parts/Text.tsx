import type { HTMLInputTypeAttribute, ReactNode } from "react";
import { FieldError, Input, Label, Text as Hint, TextArea, TextField, type TextFieldProps } from "react-aria-components";
import css from "./Field.module.css";

interface Props extends Omit<TextFieldProps, "type" | "children" | "className"> {
  label: ReactNode;
  /** Where the place says it, as in a list: the label, which must be a string then, is only heard. */
  labelHidden?: boolean;
  hint?: ReactNode;
  /** Show several lines. */
  lines?: number;
  type?: HTMLInputTypeAttribute;
  placeholder?: string;
}

/** A text field with its label above, a hint below, and what is wrong with what was written. */
export function Text({ label, labelHidden = false, hint, lines, placeholder, type, ...rest }: Props): ReactNode {
  const shown = placeholder === undefined ? {} : { placeholder };
  return (
    <TextField {...rest} className={css["field"] ?? ""} type={(type ?? "text") as "text"} {...(labelHidden && { "aria-label": String(label) })}>
      {!labelHidden && <Label>{label}</Label>}
      {lines ? <TextArea rows={lines} {...shown} /> : <Input {...shown} />}
      {hint && <Hint slot="description">{hint}</Hint>}
      <FieldError className={css["wrong"] ?? ""} />
    </TextField>
  );
}
