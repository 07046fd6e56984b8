import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Choice } from "@/parts/Choice";
import { Text } from "@/parts/Text";
import { numberIn } from "./draft";
import css from "./Rules.module.css";

export const SIZES = { s: 1, min: 60, h: 3600, d: 86_400 } as const;
type Size = keyof typeof SIZES;

/** The largest unit in which a duration is a whole number. */
export function sizeOf(seconds: number): Size {
  const fits = (["d", "h", "min"] as const).find((size) => seconds > 0 && seconds % SIZES[size] === 0);
  return fits ?? "s";
}

/** How long something lasts, as a number and its unit; gives seconds as text, empty where nothing stands. */
export function Duration({ label, hint, seconds, onChange }: { label: string; hint?: string; seconds: string; onChange: (seconds: string) => void }): ReactNode {
  const t = useTranslations("rules");
  const [size, setSize] = useState<Size>(() => sizeOf(numberIn(seconds)));
  const shown = seconds.trim() === "" ? "" : String(Number((numberIn(seconds) / SIZES[size]).toPrecision(6)));
  const [typed, type] = useState(shown);
  const own = numberIn(typed) * SIZES[size];
  // The form sets it anew where another kind of condition has another usual one.
  const text = seconds === "" && typed !== "" && !Number.isNaN(own) ? "" : Math.abs(own - numberIn(seconds)) > 1e-6 ? shown : typed;
  const tell = (next: string, in_: Size): void => {
    type(next);
    const found = numberIn(next) * SIZES[in_];
    onChange(next.trim() === "" ? "" : Number.isNaN(found) ? next : String(found));
  };
  return (
    <div className={css["pair"]}>
      <Text label={label} hint={hint} value={text} onChange={(next) => tell(next, size)} inputMode="decimal" />
      <Choice
        label={t("timeUnit")}
        options={(Object.keys(SIZES) as Size[]).map((id) => ({ id, name: t(`sizes.${id}`) }))}
        value={size}
        onChange={(next) => {
          setSize(next);
          tell(text, next);
        }}
      />
    </div>
  );
}
