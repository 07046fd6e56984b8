import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "@/parts/Button";
import { Sheet } from "@/parts/Sheet";
import css from "./Screen.module.css";

const KEYS = [
  ["↑ ↓", "move"], ["Enter", "open"], ["Space", "select"], ["Shift ↑ ↓", "extend"], ["Ctrl A", "all"], ["A", "acknowledge"], ["N", "note"],
  ["W", "start"], ["P", "assign"], ["H", "shelve"], ["R", "resolve"], ["/", "find"], ["Esc", "back"], ["?", "help"],
] as const;
const SHOWN = ["move", "open", "select", "acknowledge", "note"];

/** The keys of the list: the few that matter always, all of them on demand. */
export function Shortcuts({ isOpen, setOpen }: { isOpen: boolean; setOpen: (open: boolean) => void }): ReactNode {
  const t = useTranslations("alarms.keys");
  const app = useTranslations("app");
  return (
    <span className={css["keys"]}>
      {KEYS.filter(([, name]) => SHOWN.includes(name)).map(([key, name]) => (
        <span key={name}><kbd>{key}</kbd> {t(name)}</span>
      ))}
      <Button kind="quiet" aria-label={app("shortcuts")} onPress={() => setOpen(true)}>?</Button>
      <Sheet title={app("shortcuts")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <dl className={css["allKeys"]}>
          {KEYS.map(([key, name]) => (
            <div key={name}><dt><kbd>{key}</kbd></dt><dd>{t(name)}</dd></div>
          ))}
        </dl>
      </Sheet>
    </span>
  );
}
