import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { looksOf, MODES, type Mode } from "./looks";
import type { Palette } from "./palette";
import { SYMBOLS } from "./symbols";
import css from "./Legend.module.css";

const LONG = 34;

/** What the lines and signs mean, and by what the pipes are coloured. */
export function Legend({
  colours,
  mode,
  setMode,
  close,
}: {
  colours: Palette;
  mode: Mode;
  setMode: (mode: Mode) => void;
  close: () => void;
}): ReactNode {
  const t = useTranslations("map");
  const app = useTranslations("app");
  const kinds = Object.keys(SYMBOLS) as (keyof typeof SYMBOLS)[];
  return (
    <section className={css["legend"]} aria-label={t("tools.legend")}>
      <header>
        <Choice
          label={t("legend.by")} value={mode} onChange={setMode}
          options={MODES.map((each) => ({ id: each, name: t(`legend.modes.${each}`) }))}
        />
        <Button kind="quiet" icon="close" aria-label={app("close")} onPress={close} />
      </header>
      <ul>
        {looksOf(mode, colours).map((look) => (
          <li key={look.key}>
            <svg width={LONG} height="8" aria-hidden="true">
              <line
                x1="0" y1="4" x2={LONG} y2="4" stroke={look.colour} strokeWidth="4"
                strokeDasharray={look.dash.map((part) => part * 4).join(" ") || undefined}
              />
            </svg>
            {t(`legend.looks.${look.key as "open"}`)}
          </li>
        ))}
      </ul>
      <p>{t("legend.width")}</p>
      <ul>
        {kinds.map((kind) => (
          <li key={kind}>
            <svg width="20" height="20" viewBox="0 0 24 24" aria-hidden="true">
              <path d={SYMBOLS[kind]} fill={colours.raised} stroke={colours.ink} strokeWidth="1.8" strokeLinejoin="round" />
            </svg>
            {t(`kinds.${kind}`)}
          </li>
        ))}
        <li>
          <svg width="20" height="20" viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="12" cy="12" r="5" fill={colours.value} />
          </svg>
          {t("legend.sensor")}
        </li>
      </ul>
    </section>
  );
}
