import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { useLine } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { useNow } from "@/parts/use-now";
import css from "./Line.module.css";

/** Shorter breaks mend themselves before anybody has read a sentence about them. */
const WORTH_SAYING = 2000;

/** Says over the whole width that what is shown is old, the moment it is. */
export function LineNotice(): ReactNode {
  const t = useTranslations("app");
  const { line, freshest, retry } = useLine();
  const format = useFormat();
  const now = useNow(line.is === "lost" ? 1000 : 10_000);
  if (line.is !== "lost" || now - line.since < WORTH_SAYING) return null;
  const words = { age: format.duration(now - line.since), time: format.moment(freshest ?? line.since, now) };
  return (
    <div className={css["notice"]} role="alert">
      <span>{t("line.lost", words)}</span>
      <Button onPress={retry}>{t("tryNow")}</Button>
    </div>
  );
}
