import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMutation } from "@tanstack/react-query";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { Hint, useWords } from "@/parts/states";
import css from "./notifications.module.css";

/** Sends a test message now and tells what really became of it. */
export function useTrial(send: () => Promise<unknown>): { button: ReactNode; answer: ReactNode } {
  const t = useTranslations("notifications");
  const words = useWords();
  const format = useFormat();
  const trial = useMutation({ mutationFn: send });
  const button = (
    <Button isDisabled={trial.isPending} onPress={() => trial.mutate()}>
      {trial.isPending ? t("testing") : t("test")}
    </Button>
  );
  const answer = (trial.isSuccess || trial.isError) && (
    <div className={css["answer"]} data-failed={trial.isError || undefined} role="status">
      <p>{trial.isError ? t("testFailed", { why: words(trial.error) }) : t("testSent", { at: format.time(trial.submittedAt) })}</p>
      <Hint of={trial.error} />
    </div>
  );
  return { button, answer };
}
