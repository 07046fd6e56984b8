import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { now } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { Icon, type IconName } from "@/parts/Icon";
import { PriorityMark } from "@/parts/PriorityMark";
import type { Mark, MarkKind } from "@/parts/chart/marks";
import type { Span } from "@/parts/chart/span";
import css from "./Sensor.module.css";

const MOST = 30;
const ICONS: Partial<Record<MarkKind, IconName>> = { incident: "incident", work: "work", gap: "close" };

/** What the chart's marks are, in words, with the way to each: newest first. */
export function Events({ marks, complete, span }: { marks: readonly Mark[]; complete: boolean; span: Span }): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const seen = marks.filter((mark) => mark.from <= span.to && (mark.to ?? now()) >= span.from);
  const told = seen.filter((mark) => mark.kind !== "anomaly").sort((one, other) => other.from - one.from);
  const unusual = seen.length - told.length;
  const name = (mark: Mark): string => (mark.kind === "gap" ? t("gap") : mark.kind === "work" && mark.outOfService ? `${t("service.out")}: ${mark.title}` : mark.title);
  return (
    <details className={css["events"]}>
      <summary>{t("events", { count: told.length, unusual })}</summary>
      <ul>
        {told.slice(0, MOST).map((mark) => (
          <li key={mark.key} data-mark={mark.kind}>
            {mark.severity && mark.kind === "alert" ? <PriorityMark severity={mark.severity} hollow={mark.hollow} size={18} /> : <Icon name={ICONS[mark.kind] ?? "alarm"} size={18} />}
            {mark.href ? <Link href={mark.href}>{name(mark)}</Link> : <span>{name(mark)}</span>}
            <small>
              <bdi>{format.dateTime(mark.from)}</bdi> – <bdi>{mark.to === null ? t("stillOn") : format.dateTime(mark.to)}</bdi>
            </small>
          </li>
        ))}
      </ul>
      {told.length > MOST && <p>{t("eventsMore", { count: told.length - MOST })}</p>}
      {!complete && <p>{t("eventsPart")}</p>}
    </details>
  );
}
