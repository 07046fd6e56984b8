import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { useLine } from "@/live/use-live";
import { useNow } from "@/parts/use-now";
import css from "./Line.module.css";

/** Whether what is shown is true now: the line, and the age of the newest value. */
export function LineSign(): ReactNode {
  const t = useTranslations("app.line");
  const { line, freshest, overdue } = useLine();
  const format = useFormat();
  const now = useNow();
  const isStale = line.is === "live" && freshest !== null && now - freshest > overdue;
  const word = line.is === "live" ? t("live") : line.is === "opening" ? t("opening") : t("lost", {
    age: format.duration(now - line.since),
    time: format.time(freshest ?? line.since),
  });
  return (
    <p className={css["sign"]} data-state={line.is} data-stale={isStale || undefined} title={word}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        {line.is === "live" && !isStale ? <circle cx="6" cy="6" r="4" /> : <path d="M2 2l8 8M10 2l-8 8" />}
      </svg>
      <span>{line.is === "lost" ? format.duration(now - line.since) : word}</span>
      {line.is === "live" && (
        <small>{freshest === null ? t("noValues") : isStale
          ? t("stale", { age: format.duration(now - freshest) })
          : t("newest", { age: format.ago(freshest, now) })}</small>
      )}
    </p>
  );
}
