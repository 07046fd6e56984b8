import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { ApiProblem } from "@/api/problem";
import { Failed } from "@/parts/states";

/** What the server refused; of what somebody else has changed meanwhile, theirs is what is shown now. */
export function Wrong({ problem }: { problem: unknown }): ReactNode {
  const t = useTranslations("map");
  if (problem instanceof ApiProblem && problem.status === 412) return <p role="alert">{t("edit.changedMeanwhile")}</p>;
  return problem ? <Failed problem={problem} /> : null;
}
