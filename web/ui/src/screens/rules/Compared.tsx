import { useMemo, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { useSituation } from "@/live/use-live";
import type { Scene } from "@/parts/chart/engine";
import { BandSign, LimitSign } from "@/parts/chart/ReadOut";
import type { Line } from "@/parts/chart/line";
import type { Asked } from "@/parts/chart/span";
import { PriorityMark } from "@/parts/PriorityMark";
import { useUsual } from "@/screens/sensors/one/use-context";
import { comparedOf, type Compared } from "./compared";
import { useWhen } from "./sentence";
import css from "./Rules.module.css";

type RuleIn = Schemas["RuleIn"];
const NOTHING: Compared = { is: "levels", levels: [] };
const NO_LIMITS: Scene["limits"] = [];

interface Drawn {
  compared: Compared;
  limits: Scene["limits"];
  /** The band of a rule that goes by what is usual; null where there is none, or nothing is learned yet. */
  band: Line | null;
}

/** What of a rule's comparison is drawn on the chart of one sensor. */
export function useCompared(rule: RuleIn | null, id: number, asked: Asked): Drawn {
  const t = useTranslations("rules");
  const format = useFormat();
  const sensor = useSituation().sensors.get(id);
  const compared = useMemo(() => (rule ? comparedOf(rule.condition, sensor?.threshold_config) : NOTHING), [rule, sensor?.threshold_config]);
  const { usual } = useUsual(compared.is === "band" ? id : null, asked, compared.is === "band" ? compared.deviations : null);
  const limits = useMemo(() => {
    if (compared.is !== "levels" || !sensor) return NO_LIMITS;
    return compared.levels.map(({ value, unit }) => ({
      value: format.convert(value, unit ?? sensor.unit).value,
      label: t("compared.limit", { value: format.value(value, unit ?? sensor.unit) }),
    }));
  }, [compared, sensor, format, t]);
  return { compared, limits, band: compared.is === "band" ? usual : null };
}

/** Says what the chart shows of a rule: the limits it compares with, or why there is no line of them. */
export function ComparedLegend({ rule, id, drawn, raised }: { rule: RuleIn; id: number; drawn: Drawn; raised: number }): ReactNode {
  const t = useTranslations("rules");
  return (
    <ul className={css["legend"]} aria-label={t("compared.title")} data-testid="compared">
      <Told rule={rule} id={id} drawn={drawn} />
      {raised > 0 && <li><PriorityMark severity={rule.severity ?? "medium"} hollow size={16} /> {t("wouldRaise")}</li>}
    </ul>
  );
}

function Told({ rule, id, drawn: { compared, band } }: { rule: RuleIn; id: number; drawn: Drawn }): ReactNode {
  const t = useTranslations("rules");
  const format = useFormat();
  const when = useWhen();
  const unit = useSituation().sensors.get(id)?.unit ?? "";
  if (compared.is === "words") return <li>{t(`compared.${compared.of}`, { when: when(rule.condition, unit) })}</li>;
  if (compared.is === "band" && !band) return <li>{t("compared.nothingLearned")}</li>;
  if (compared.is === "band") return <li><BandSign /> {t("compared.band", { deviations: format.number(compared.deviations) })}</li>;
  if (compared.levels.length === 0) return <li>{t("compared.noLimits")}</li>;
  return compared.levels.map((level) => (
    <li key={level.side}>
      <LimitSign />
      <span>{t(`compared.${level.side}`, { value: format.value(level.value, level.unit ?? unit) })}</span>
    </li>
  ));
}
