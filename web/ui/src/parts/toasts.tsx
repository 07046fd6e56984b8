import { useCallback, type ReactNode } from "react";
import { Text, UNSTABLE_Toast as Toast, UNSTABLE_ToastContent as Content, UNSTABLE_ToastQueue as Queue, UNSTABLE_ToastRegion as Region } from "react-aria-components";
import { useTranslations } from "use-intl";
import { Button } from "./Button";
import { useWords } from "./states";
import css from "./toasts.module.css";

interface Said {
  text: string;
  kind: "done" | "failed";
}

const queue = new Queue<Said>({ maxVisibleToasts: 3 });

/** Tell that something is done; goes by itself. */
export function tellDone(text: string): void {
  queue.add({ text, kind: "done" }, { timeout: 5000 });
}

/** Tell something that must be read; it stays until closed. */
export function tell(text: string): void {
  queue.add({ text, kind: "done" });
}

/** Gives the way to tell that something did not work, in the server's words; it stays until closed. */
export function useTellFailed(): (problem: unknown) => void {
  const words = useWords();
  const t = useTranslations("app");
  return useCallback((problem) => {
    queue.add({ text: t("failed", { why: words(problem) }), kind: "failed" });
  }, [t, words]);
}

export function ToastRegion(): ReactNode {
  const t = useTranslations("app");
  return (
    <Region queue={queue} className={css["region"] ?? ""}>
      {({ toast }) => (
        <Toast toast={toast} className={css["toast"] ?? ""} data-kind={toast.content.kind}>
          <Content>
            <Text slot="title">{toast.content.text}</Text>
          </Content>
          <Button kind="quiet" slot="close" icon="close" aria-label={t("close")} />
        </Toast>
      )}
    </Region>
  );
}
