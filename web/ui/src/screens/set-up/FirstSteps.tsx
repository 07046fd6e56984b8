import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { useMay } from "@/api/may";
import { Icon } from "@/parts/Icon";
import { isDone, STEPS } from "./steps";
import { useBesides, useProgress } from "./use-progress";
import css from "./Wizard.module.css";

/** The way to the first steps, for who may do them and while any is left; else nothing. */
export function FirstSteps(): ReactNode {
  const mayAll = useMay()("settings.manage");
  return mayAll ? <Left /> : null;
}

function Left(): ReactNode {
  const t = useTranslations("setUp");
  const { data: progress } = useProgress();
  const besides = useBesides();
  const left = progress ? STEPS.filter((step) => step !== "summary" && step !== "security" && !isDone(step, progress, besides)) : [];
  if (left.length === 0) return null;
  return (
    <p className={css["card"]}>
      <Icon name="check" />
      <span>{t("summary.left", { count: left.length })}</span>
      <Link href="/set-up">{t("firstSteps")}</Link>
    </p>
  );
}
