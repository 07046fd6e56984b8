import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Panel } from "@/parts/Panel";
import css from "./about.module.css";

const KEYS = [
  ["Ctrl K", "find"],
  ["Tab", "next"],
  ["↑ ↓", "move"],
  ["Enter", "open"],
  ["Esc", "close"],
] as const;

/** What the keyboard does on every screen. */
export function Shortcuts(): ReactNode {
  const t = useTranslations("about");
  const app = useTranslations("app");
  return (
    <Panel title={app("shortcuts")}>
      <dl className={css["keys"]}>
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              <kbd dir="ltr">{keys}</kbd>
            </dt>
            <dd>{t(`keys.${what}`)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
