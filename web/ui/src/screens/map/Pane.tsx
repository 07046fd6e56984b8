import { useId, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "@/parts/Button";
import css from "./Side.module.css";

/** What fills the side for a while, and the way back. */
export function Pane({ title, close, children }: { title: ReactNode; close: () => void; children: ReactNode }): ReactNode {
  const app = useTranslations("app");
  const id = useId();
  return (
    <section className={css["pane"]} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <Button kind="quiet" icon="close" aria-label={app("close")} onPress={close} />
      </header>
      {children}
    </section>
  );
}
