import type { ReactNode } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { digits } from "@/format/measure";
import { PriorityMark } from "@/parts/PriorityMark";
import type { Reading } from "./engine";
import type { Line } from "./line";
import { LIMIT_DASH, type Mark } from "./marks";
import { DASHES } from "./paint";
import css from "./Chart.module.css";

/** Write values that are in the person's unit already. */
function useWritten(): (value: number, unit: string) => string {
  const intl = useFormatter();
  return (value, unit) => `${intl.number(value, digits(value))}${unit && unit !== "1" ? ` ${unit}` : ""}`;
}

/** The values under the cursor in words, for who hears them. */
export function useSpoken(lines: readonly Line[], reading: Reading | null, marks: readonly Mark[]): string {
  const t = useTranslations("chart");
  const format = useFormat();
  const written = useWritten();
  if (!reading) return "";
  const values = lines.map((line, index) => {
    const cell = reading.values[index];
    if (!cell) return `${line.name}: ${t("nothing")}`;
    const value = written(cell.mean, line.unit);
    const spread = cell.count > 1 ? `, ${t("spread", { low: written(cell.low, line.unit), high: written(cell.high, line.unit) })}` : "";
    return `${line.name}: ${value}${spread}`;
  });
  const events = marks.filter((mark) => mark.kind !== "anomaly" && mark.from <= reading.at && (mark.to ?? Infinity) >= reading.at);
  return [format.dateTime(reading.at), ...values, ...events.map((mark) => mark.title)].join("; ");
}

/** The same under the chart, with the sign of each line: its colour and its dashes. */
export function ReadOut({ lines, bandIs, reading, marks }: {
  lines: readonly Line[]; bandIs: "usual" | "compared"; reading: Reading | null; marks: readonly Mark[];
}): ReactNode {
  const t = useTranslations("chart");
  const format = useFormat();
  const written = useWritten();
  return (
    <div className={css["readout"]} data-testid="readout">
      <p className={css["when"]}>{reading ? <bdi>{format.dateTime(reading.at)}</bdi> : t("point")}</p>
      <ul>
        {lines.map((line, index) => {
          const cell = reading?.values[index];
          return (
            <li key={line.id}>
              <LineSign index={index} />
              <bdi>{line.name}</bdi>
              {cell && (
                <strong>
                  <bdi>{written(cell.mean, line.unit)}</bdi>
                </strong>
              )}
              {cell && cell.count > 1 && (
                <small>
                  <bdi>{t("spread", { low: written(cell.low, line.unit), high: written(cell.high, line.unit) })}</bdi>
                </small>
              )}
              {reading && !cell && <small>{t("nothing")}</small>}
            </li>
          );
        })}
        {reading?.usual && lines[0] && (
          <li>
            <BandSign />
            {t(bandIs, { low: written(reading.usual.low, lines[0].unit), high: written(reading.usual.high, lines[0].unit) })}
          </li>
        )}
        {marks.slice(0, 6).map((mark) => (
          <li key={mark.key}>
            {mark.severity && <PriorityMark severity={mark.severity} hollow={mark.hollow || mark.kind === "would"} size={16} />}
            <bdi>{mark.title}</bdi>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A piece of the band as the chart draws it. */
export function BandSign(): ReactNode {
  return <i className={css["usual"]} aria-hidden="true" />;
}

/** A piece of a limit as the chart draws it. */
export function LimitSign(): ReactNode {
  return (
    <svg width="28" height="10" viewBox="0 0 28 10" aria-hidden="true" className={css["limit"]}>
      <line x1="0" x2="28" y1="5" y2="5" strokeDasharray={LIMIT_DASH.join(" ")} />
    </svg>
  );
}

/** A short piece of a line as the chart draws it. */
export function LineSign({ index }: { index: number }): ReactNode {
  return (
    <svg width="28" height="10" viewBox="0 0 28 10" aria-hidden="true" className={css["sign"]} data-line={index % 6}>
      <line x1="1" x2="27" y1="5" y2="5" strokeDasharray={(DASHES[index % 6] ?? []).join(" ")} />
    </svg>
  );
}
