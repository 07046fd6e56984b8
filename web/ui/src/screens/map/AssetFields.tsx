import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Choice } from "@/parts/Choice";
import { Text } from "@/parts/Text";
import { isMillimetres, unitOf, type Fields } from "./attributes";

const STATUSES = ["open", "closed"] as const;

/** What is known of an asset, to be filled in. */
export function FieldsOf({
  fields,
  setFields,
  numbers,
  wrong,
  isNew,
}: {
  fields: Fields;
  setFields: (fields: Fields) => void;
  /** Which details are asked for, and which of them are no numbers as they were typed. */
  numbers: readonly string[];
  wrong: readonly string[];
  isNew: boolean;
}): ReactNode {
  const t = useTranslations("map");
  const set = (name: "name" | "code" | "material" | "installed" | "status") => (value: string) =>
    setFields({ ...fields, [name]: value });
  const isElse = !STATUSES.includes(fields.status as "open");
  return (
    <>
      <Text label={t("field.name")} value={fields.name} onChange={set("name")} maxLength={128} />
      <Text label={t("field.code")} hint={isNew ? t("edit.codeHint") : undefined} value={fields.code} onChange={set("code")} maxLength={128} />
      <Choice
        label={t("field.status")} value={fields.status} onChange={set("status")}
        options={[
          ...STATUSES.map((id) => ({ id: id as string, name: t(`statuses.${id}`) })),
          ...(isElse ? [{ id: fields.status, name: fields.status }] : []),
        ]}
      />
      <Text label={t("field.material")} value={fields.material} onChange={set("material")} maxLength={128} />
      <Text label={t("field.installed")} type="date" value={fields.installed} onChange={set("installed")} />
      {numbers.map((name) => (
        <Text
          key={name} inputMode="decimal" label={`${t.has(`details.${name as "length_m"}`) ? t(`details.${name as "length_m"}`) : name}${unitIn(name)}`}
          value={fields.numbers[name] ?? ""} isInvalid={wrong.includes(name)}
          onChange={(value) => setFields({ ...fields, numbers: { ...fields.numbers, [name]: value } })}
        />
      ))}
    </>
  );
}

function unitIn(name: string): string {
  const unit = isMillimetres(name) ? "mm" : unitOf(name);
  return unit === "1" ? "" : ` (${unit})`;
}
