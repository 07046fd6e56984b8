import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "./Button";
import css from "./Secret.module.css";
import { tellDone } from "./toasts";

/** A secret that is shown this once; over plain HTTP, where there is no clipboard, it is selected with one click. */
export function Secret({ text, done, children }: { text: string; done: () => void; children?: ReactNode }): ReactNode {
  const t = useTranslations("people");
  const app = useTranslations("app");
  const copy = (): void => void navigator.clipboard.writeText(text).then(() => tellDone(app("done")));
  return (
    <div className={css["secret"]}>
      <p role="status">{t("shownOnce")}</p>
      <code>{text}</code>
      {"clipboard" in navigator && <Button onPress={copy}>{t("copy")}</Button>}
      {children}
      <Button kind="primary" onPress={done}>
        {app("close")}
      </Button>
    </div>
  );
}
