import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { useMay } from "@/api/may";
import { Panel } from "@/parts/Panel";
import { PriorityMark } from "@/parts/PriorityMark";
import { Empty, Failed } from "@/parts/states";
import { useRuleName } from "@/parts/use-title";
import { useAllRules } from "@/screens/rules/use-rules";
import { useSentence } from "@/screens/rules/sentence";
import type { Detail } from "./SensorScreen";
import css from "./Sensor.module.css";

/** The rules that watch a sensor, in words, each with its replay on history. */
export function SensorRules({ detail }: { detail: Detail }): ReactNode {
  const nameOf = useRuleName();
  const t = useTranslations("sensors");
  const may = useMay();
  const sentence = useSentence();
  const rules = useQuery(useAllRules());
  const mine = (rules.data ?? []).filter((rule) =>
    rule.sensor_id === null ? rule.sensor_type === null || rule.sensor_type === detail.sensor_type.code : rule.sensor_id === detail.id,
  );
  return (
    <Panel
      title={t("rules")}
      actions={may("rules.edit") && <Link className={css["linkButton"] ?? ""} href={`/rules/new?sensor=${detail.id}`}>{t("newRule")}</Link>}
    >
      {rules.error && <Failed problem={rules.error} retry={() => void rules.refetch()} />}
      {rules.data && mine.length === 0 && <Empty>{t("noRules")}</Empty>}
      <ul className={css["plain"]}>
        {mine.map((rule) => (
          <li key={rule.id} data-off={!rule.enabled || undefined}>
            <PriorityMark severity={rule.severity} hollow={!rule.enabled} size={18} />
            <div>
              <Link href={`/rules/${rule.id}?sensor=${detail.id}`}>{nameOf(rule)}</Link>
              {!rule.enabled && <small> · {t("off")}</small>}
              <p>{sentence(rule)}</p>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
