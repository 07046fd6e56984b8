import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Edited } from "@/parts/Edited";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Text } from "@/parts/Text";
import { useTypeName } from "@/parts/use-type-name";
import { useSettings, type Patch, type Settings } from "./queries";
import { bodyOf, KINDS, planOf, said, wrongOf, type Spans } from "./spans";
import css from "./settings.module.css";

/** How long what is kept, in plain words. */
export function Retention(): ReactNode {
  const t = useTranslations("settings");
  const { found, change } = useSettings();
  return (
    <Panel title={t("retention")}>
      <Edited of={found} change={change} touches={["settings"]}>
        {(settings, save, isSaving) => <Edit settings={settings} save={save} isSaving={isSaving} />}
      </Edited>
    </Panel>
  );
}

function Edit({ settings, save, isSaving }: { settings: Settings; save: (patch: Patch) => void; isSaving: boolean }): ReactNode {
  const t = useTranslations("settings");
  const [plan, setPlan] = useState(() => planOf(settings.retention));
  const types = useQuery({
    queryKey: ["sensor-types"],
    queryFn: () => data(api.GET("/api/v1/sensor-types", { params: { query: { limit: 1000 } } })),
  });
  const others = (types.data ?? []).filter((type) => !(type.code in plan.byType));
  const typeName = useTypeName();
  const nameOf = (code: string): string => typeName(types.data?.find((type) => type.code === code) ?? { code, name: code });
  const without = (code: string): Record<string, Spans> =>
    Object.fromEntries(Object.entries(plan.byType).filter(([each]) => each !== code));
  const isWrong = [plan.usual, ...Object.values(plan.byType)].some((spans) => wrongOf(spans) !== null);
  return (
    <Form isBusy={isSaving || isWrong} onSubmit={() => save({ retention: bodyOf(plan) })}>
      <p className={css["hint"]}>{t("retentionHint")}</p>
      <Group name={t("allTypes")} spans={plan.usual} onChange={(usual) => setPlan({ ...plan, usual })} />
      {Object.entries(plan.byType).map(([code, spans]) => (
        <Group
          key={code}
          name={nameOf(code)}
          spans={spans}
          onChange={(changed) => setPlan({ ...plan, byType: { ...plan.byType, [code]: changed } })}
          onRemove={() => setPlan({ ...plan, byType: without(code) })}
        />
      ))}
      {others.length > 0 && (
        <Choice
          label={t("ownSpans")}
          options={others.map((type) => ({ id: type.code, name: typeName(type) }))}
          value={null}
          onChange={(code) => setPlan({ ...plan, byType: { ...plan.byType, [code]: plan.usual } })}
        />
      )}
      <Days label={t("records")} days={plan.records} onChange={(records) => setPlan({ ...plan, records })} />
    </Form>
  );
}

function Group({
  name,
  spans,
  onChange,
  onRemove,
}: {
  name: string;
  spans: Spans;
  onChange: (spans: Spans) => void;
  onRemove?: () => void;
}): ReactNode {
  const t = useTranslations("settings");
  const wrong = wrongOf(spans);
  return (
    <fieldset className={css["group"]}>
      <legend>{name}</legend>
      <div className={css["pair"]}>
        {KINDS.map((kind) => (
          <Days key={kind} label={t(`kept.${kind}`)} days={spans[kind]} onChange={(days) => onChange({ ...spans, [kind]: days })} />
        ))}
      </div>
      {wrong && <p role="alert">{t("shorter", { what: t(`kept.${wrong}`) })}</p>}
      {onRemove && (
        <div>
          <Button onPress={onRemove}>{t("asAll")}</Button>
        </div>
      )}
    </fieldset>
  );
}

/** A number of days, and below it what that is in years or months. */
function Days({ label, days, onChange }: { label: string; days: number; onChange: (days: number) => void }): ReactNode {
  const t = useTranslations("settings");
  const intl = useFormatter();
  const { unit, count } = said(days);
  const words = intl.number(count, { style: "unit", unit, unitDisplay: "long" });
  return <Text label={t("inDays", { what: label })} hint={words} type="number" isRequired value={String(days)} onChange={(text) => onChange(Math.round(Number(text)))} />;
}
