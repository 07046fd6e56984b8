import { useMemo, type ReactNode } from "react";
import { useMessages, useTranslations } from "use-intl";
import { ApiProblem } from "@/api/problem";
import type { Messages } from "@/strings/en";
import { Button } from "./Button";
import css from "./states.module.css";

/** Something is on its way. */
export function Loading(): ReactNode {
  const t = useTranslations("app");
  return (
    <p className={css["state"]} role="status">
      {t("loading")}
    </p>
  );
}

/** Nothing is there, and perhaps what to do about it. */
export function Empty({ children, action }: { children?: ReactNode; action?: ReactNode }): ReactNode {
  const t = useTranslations("app");
  return (
    <div className={css["state"]}>
      <p>{children ?? t("nothing")}</p>
      {action}
    </div>
  );
}

/** What went wrong in the server's words, with its hint, and the way to try again. */
export function Failed({ problem, retry }: { problem: unknown; retry?: () => void }): ReactNode {
  const t = useTranslations("app");
  return (
    <div className={css["failed"]} role="alert">
      <p dir="auto">{useWords()(problem)}</p>
      <Hint of={problem} />
      {retry && <Button onPress={retry}>{t("retry")}</Button>}
    </div>
  );
}

/** What else the server advises, where it is not in the words already; it does so in English. */
export function Hint({ of }: { of: unknown }): ReactNode {
  const isSaid = useIsSaid();
  if (!(of instanceof ApiProblem) || !of.hint || isSaid(of)) return null;
  return <p className={css["hint"]} lang="en" dir="auto">{of.hint}</p>;
}

type Reason = keyof Messages["problems"]["reasons"];
type Kind = keyof Messages["problems"]["kinds"];
type Field = keyof Messages["problems"]["fields"];

/** Whether there are words of our own for all that the server says of a problem. */
function useIsSaid(): (problem: ApiProblem) => boolean {
  const { problems } = useMessages();
  return ({ reason, code }) => Object.hasOwn(problems.reasons, reason) || !(problems.kinds[code as Kind] ?? "{detail}").includes("{detail}");
}

/**
 * Give the words for a problem in the person's language: the very sentence where the server says which it
 * is, else of what kind it is and the server's own words; or that it can't be reached.
 */
export function useWords(): (problem: unknown) => string {
  const app = useTranslations("app");
  const t = useTranslations("problems");
  const { problems } = useMessages();
  return useMemo(() => {
    const sentence = ({ message, reason, code, facts }: ApiProblem): string => {
      if (Object.hasOwn(problems.reasons, reason)) return t(`reasons.${reason as Reason}`, facts as never);
      if (Object.hasOwn(problems.kinds, code)) return t(`kinds.${code as Kind}`, { ...facts, detail: message } as never);
      return message;
    };
    return (problem) => {
      if (!(problem instanceof ApiProblem)) return problem instanceof Error ? problem.message : String(problem);
      if (problem.isUnreachable) return app("unreachable");
      const isNamed = problem.reason !== "" && Object.hasOwn(problems.fields, problem.field);
      return isNamed ? t("at", { field: t(`fields.${problem.field as Field}`), problem: sentence(problem) }) : sentence(problem);
    };
  }, [app, t, problems]);
}
