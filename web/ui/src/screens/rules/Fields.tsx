import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Switch } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { SEVERITIES } from "@/live/situation";
import { useSituation } from "@/live/use-live";
import { Choice } from "@/parts/Choice";
import { Text } from "@/parts/Text";
import { Duration } from "./Duration";
import { KINDS, needsQuantity, type Draft, type Scope } from "./draft";
import { SensorChoice } from "./SensorChoice";
import { useTypes } from "./use-rules";
import css from "./Rules.module.css";

type Set = (part: Partial<Draft>) => void;

const OPERATORS = ["<", "<=", ">", ">="] as const;
const DIRECTIONS = ["either", "rise", "fall"] as const;

/** Everything that a rule says, in the order in which one thinks of it: who, when, how bad. */
export function Fields({ draft, set }: { draft: Draft; set: Set }): ReactNode {
  const t = useTranslations("rules");
  const app = useTranslations("app");
  return (
    <>
      <Text label={t("name")} value={draft.name} onChange={(name) => set({ name })} isRequired maxLength={128} />
      <Who draft={draft} set={set} />
      <Choice label={t("kind")} options={KINDS.map((id) => ({ id, name: t(`kinds.${id}`) }))} value={draft.kind} onChange={(kind) => set({ kind, ...(kind === "no_data" && { lasts: "" }), ...(kind === "flatline" && { lasts: "21600" }) })} />
      <When draft={draft} set={set} />
      <Choice label={t("severity")} options={SEVERITIES.map((id) => ({ id, name: app(`severity.${id}`) }))} value={draft.severity} onChange={(severity) => set({ severity })} />
      <Switch className={css["switch"] ?? ""} isSelected={draft.resolves} onChange={(resolves) => set({ resolves })}>
        <span className={css["track"]} aria-hidden="true" />
        <span>{t("resolvesItself")}</span>
      </Switch>
      <Switch className={css["switch"] ?? ""} isSelected={draft.enabled} onChange={(enabled) => set({ enabled })}>
        <span className={css["track"]} aria-hidden="true" />
        <span>{t("holds")}</span>
      </Switch>
    </>
  );
}

function Who({ draft, set }: { draft: Draft; set: Set }): ReactNode {
  const t = useTranslations("rules");
  const { data: types } = useQuery(useTypes());
  const scopes: Scope[] = needsQuantity(draft.kind) ? ["sensor", "type"] : ["sensor", "type", "all"];
  const name = (code: string, fallback: string): string => (t.has(`types.${code}` as "types.flow") ? t(`types.${code}` as "types.flow") : fallback);
  return (
    <>
      <Choice label={t("who")} options={scopes.map((id) => ({ id, name: t(`scopes.${id}`) }))} value={draft.scope} onChange={(scope) => set({ scope, unit: null })} />
      {draft.scope === "sensor" && <SensorChoice label={t("sensor")} value={draft.sensor} onChange={(sensor) => set({ sensor, unit: null })} />}
      {draft.scope === "type" && types && (
        <Choice label={t("type")} options={types.map((type) => ({ id: type.code, name: name(type.code, type.name) }))} value={draft.type} onChange={(type) => set({ type, unit: null })} />
      )}
    </>
  );
}

/** The unit in which this person reads what the rule is about: what is typed is sent with it. */
function useUnit(draft: Draft): string {
  const situation = useSituation();
  const format = useFormat();
  const { data: types } = useQuery(useTypes());
  if (draft.unit) return draft.unit;
  const own = draft.scope === "sensor" ? situation.sensors.get(draft.sensor ?? 0)?.unit : types?.find((type) => type.code === draft.type)?.unit;
  return own === undefined || draft.scope === "all" ? "" : format.convert(0, own).unit;
}

function When({ draft, set }: { draft: Draft; set: Set }): ReactNode {
  const t = useTranslations("rules");
  const unit = useUnit(draft);
  const typed = (field: "value" | "change" | "tolerance") => (text: string) => set({ [field]: text, unit: unit || null });
  const inUnit = (label: string): string => (unit && unit !== "1" ? `${label} (${unit})` : label);
  const number = { inputMode: "decimal", isRequired: true } as const;
  switch (draft.kind) {
    case "threshold":
      return (
        <>
          <div className={css["pair"]}>
            <Choice label={t("operator")} options={OPERATORS.map((id) => ({ id, name: t(`operators.${id}`) }))} value={draft.operator} onChange={(operator) => set({ operator })} />
            <Text label={inUnit(t("value"))} value={draft.value} onChange={typed("value")} {...number} />
          </div>
          <Duration label={t("lasts")} seconds={draft.lasts} onChange={(lasts) => set({ lasts })} />
        </>
      );
    case "rate_of_change":
      return (
        <>
          <div className={css["pair"]}>
            <Choice label={t("direction")} options={DIRECTIONS.map((id) => ({ id, name: t(`directions.${id}`) }))} value={draft.direction} onChange={(direction) => set({ direction })} />
            <Text label={inUnit(t("byMoreThan"))} value={draft.change} onChange={typed("change")} {...number} />
          </div>
          <Duration label={t("within")} seconds={draft.within} onChange={(within) => set({ within })} />
        </>
      );
    case "no_data":
      return <Duration label={t("silentFor")} hint={t("silentHint")} seconds={draft.lasts} onChange={(lasts) => set({ lasts })} />;
    case "flatline":
      return (
        <>
          <Duration label={t("flatFor")} seconds={draft.lasts} onChange={(lasts) => set({ lasts })} />
          <Text label={inUnit(t("tolerance"))} value={draft.tolerance} onChange={typed("tolerance")} {...number} />
        </>
      );
    case "out_of_range":
      return <Duration label={t("lasts")} hint={t("rangeHint")} seconds={draft.lasts} onChange={(lasts) => set({ lasts })} />;
    case "anomaly":
      return (
        <div className={css["pair"]}>
          <Text label={t("deviations")} hint={t("deviationsHint")} value={draft.deviations} onChange={(deviations) => set({ deviations })} {...number} />
          <Text label={t("readings")} value={draft.readings} onChange={(readings) => set({ readings })} {...number} />
        </div>
      );
  }
}
