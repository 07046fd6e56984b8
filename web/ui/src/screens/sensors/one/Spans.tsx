import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { now } from "@/api/client";
import { usePreferences } from "@/app/preferences";
import { Button } from "@/parts/Button";
import { moment, offsetAt } from "@/parts/chart/axis";
import { PRESETS, presetOf, spanOf, viewOf, type Preset, type View } from "@/parts/chart/span";
import { Sheet } from "@/parts/Sheet";
import { Text } from "@/parts/Text";
import css from "./Sensor.module.css";

/** How much time is shown: the usual ones, or dates of one's own. */
export function Spans({ view, look }: { view: View; look: (view: View) => void }): ReactNode {
  const t = useTranslations("sensors");
  const [isOwn, setOwn] = useState(false);
  const preset = presetOf(view);
  return (
    <div className={css["spans"]} role="group" aria-label={t("span")}>
      {(Object.keys(PRESETS) as Preset[]).map((each) => (
        <Button key={each} aria-pressed={preset === each} onPress={() => look({ length: PRESETS[each], end: null })}>
          {t(`spans.${each}`)}
        </Button>
      ))}
      <Button aria-pressed={preset === null && view.end !== null} icon="clock" onPress={() => setOwn(true)}>{t("own")}</Button>
      {view.end !== null && <Button icon="forward" onPress={() => look({ length: view.length, end: null })}>{t("toNow")}</Button>}
      {isOwn && <Own view={view} look={look} onClose={() => setOwn(false)} />}
    </div>
  );
}

/** A moment as such a field has it: the wall clock of the person's zone. */
export function toField(at: number, zone: string): string {
  return new Date(at + offsetAt(at, zone)).toISOString().slice(0, 16);
}

/** The moment that such a field means; NaN where it is not filled in. */
export function fromField(text: string, zone: string): number {
  const wall = Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? NaN : moment(wall, zone);
}

function Own({ view, look, onClose }: { view: View; look: (view: View) => void; onClose: () => void }): ReactNode {
  const t = useTranslations("sensors");
  const { timeZone } = usePreferences();
  const seen = spanOf(view, now());
  const [from, setFrom] = useState(() => toField(seen.from, timeZone));
  const [to, setTo] = useState(() => toField(seen.to, timeZone));
  const span = { from: fromField(from, timeZone), to: fromField(to, timeZone) };
  const isRight = span.from < span.to;
  return (
    <Sheet title={t("own")} isOpen onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isRight) return;
          look(viewOf(span, now()));
          onClose();
        }}
      >
        <Text label={t("from")} type="datetime-local" value={from} onChange={setFrom} hint={t("inZone", { zone: timeZone })} autoFocus />
        <Text label={t("to")} type="datetime-local" value={to} onChange={setTo} />
        {!isRight && <p role="alert">{t("fromBeforeTo")}</p>}
        <Button kind="primary" type="submit" isDisabled={!isRight}>{t("show")}</Button>
      </form>
    </Sheet>
  );
}
