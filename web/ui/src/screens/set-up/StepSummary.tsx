import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { Icon } from "@/parts/Icon";
import { isDone, STEPS, type Besides, type Progress } from "./steps";
import css from "./Wizard.module.css";

/** What is done, and what is left with the way to it. */
export function StepSummary({ progress, besides }: { progress: Progress; besides: Besides }): ReactNode {
  const t = useTranslations("setUp");
  const left = STEPS.filter((step) => step !== "summary" && !isDone(step, progress, besides));
  return (
    <>
      <p>{left.length === 0 ? t("summary.allDone") : t("summary.left", { count: left.length })}</p>
      {left.length > 0 && (
        <ul>
          {left.map((step) => (
            <li key={step}>
              <Link href={`/set-up/${step}`}>{t(`steps.${step}`)}</Link>
            </li>
          ))}
        </ul>
      )}
      <Link href="/" className={css["card"] ?? ""}>
        <Icon name="forward" />
        {t("summary.go")}
      </Link>
      <Link href="/people" className={css["card"] ?? ""}>
        <Icon name="people" />
        {t("summary.people")}
      </Link>
    </>
  );
}
