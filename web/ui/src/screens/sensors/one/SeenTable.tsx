import { useState, type ReactNode } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { now } from "@/api/client";
import { digits } from "@/format/measure";
import { useFormat } from "@/format/use-format";
import type { Line } from "@/parts/chart/line";
import { raster } from "@/parts/chart/raster";
import { spanOf, type View } from "@/parts/chart/span";
import css from "./Sensor.module.css";

const ROWS = 60;

/** What the chart shows as a table, for who can't see it or wants numbers. */
export function SeenTable({ lines, view }: { lines: readonly Line[]; view: View }): ReactNode {
  const t = useTranslations("sensors");
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={css["seen"]} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("asTable")}</summary>
      {isOpen && <Table lines={lines} view={view} />}
    </details>
  );
}

function Table({ lines, view }: { lines: readonly Line[]; view: View }): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const intl = useFormatter();
  const span = spanOf(view, now());
  const drawn = raster(lines, span, ROWS);
  const number = (value: unknown): string => (typeof value === "number" ? intl.number(value, digits(value)) : "–");
  const rows = [...drawn.times.keys()].filter((row) => {
    const at = drawn.times[row] ?? 0;
    return at >= span.from && at <= span.to && drawn.lines.some((line) => typeof line.mean[row] === "number");
  });
  if (rows.length === 0) return <p>{t("nothingThen")}</p>;
  return (
    // A part that scrolls takes the focus, so that keys scroll it (WCAG 2.2, 2.1.1).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={css["scroll"]} tabIndex={0} role="region" aria-label={t("asTable")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("time")}</th>
            {lines.map((line) => (
              <th key={line.id} scope="colgroup" colSpan={3}><bdi>{line.name}</bdi> (<bdi>{line.unit}</bdi>)</th>
            ))}
          </tr>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{t("time")}</span>
            </th>
            {lines.flatMap((line) => (["lowest", "mean", "highest"] as const).map((each) => <th key={`${line.id}${each}`} scope="col">{t(each)}</th>))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              <th scope="row"><bdi>{format.dateTime(drawn.times[row] ?? 0)}</bdi></th>
              {drawn.lines.flatMap((line, index) => (["low", "mean", "high"] as const).map((each) => <td key={`${index}${each}`}>{number(line[each][row])}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
