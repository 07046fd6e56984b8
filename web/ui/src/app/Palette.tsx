import { useDeferredValue, useState, type ReactNode } from "react";
import { Autocomplete, Dialog, Input, Menu, MenuItem, SearchField } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useLocation } from "wouter";
import { Icon } from "@/parts/Icon";
import { useEntries, useFound } from "./palette-entries";
import { sieve } from "./palette-sieve";
import type { Screen } from "./screens";
import css from "./CommandPalette.module.css";

const MOST = 100;

/** What stands in the palette; it comes when somebody first opens it. */
export default function Palette({ screens, done }: { screens: readonly Screen[]; done: () => void }): ReactNode {
  const t = useTranslations("app");
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const asked = useDeferredValue(typed);
  const found = useFound(asked);
  const entries = [...sieve(useEntries(screens), typed, MOST), ...found];
  const act = (id: string): void => {
    const go = entries.find((each) => each.id === id)?.go;
    if (go === undefined) return;
    done();
    if (typeof go === "string") navigate(go);
    else go();
  };
  return (
    <Dialog aria-label={t("palette.title")} className={css["dialog"] ?? ""}>
      <Autocomplete inputValue={typed} onInputChange={setTyped}>
        <SearchField aria-label={t("palette.title")} autoFocus className={css["search"] ?? ""}>
          <Icon name="search" />
          <Input placeholder={t("palette.placeholder")} />
        </SearchField>
        {/* A part that scrolls takes the focus, so that keys scroll it (WCAG 2.2, 2.1.1). */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className={css["scroll"]} tabIndex={0} role="region" aria-label={t("palette.title")}>
          <Menu items={entries} onAction={(key) => act(String(key))} className={css["menu"] ?? ""} renderEmptyState={() => <p>{t("palette.nothing")}</p>}>
            {(entry) => (
              <MenuItem id={entry.id} textValue={entry.name} className={css["item"] ?? ""}>
                <Icon name={entry.icon} size={18} />
                <span dir="auto">{entry.name}</span>
              </MenuItem>
            )}
          </Menu>
        </div>
      </Autocomplete>
    </Dialog>
  );
}
