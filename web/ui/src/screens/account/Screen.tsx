import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useLocation } from "wouter";
import { session } from "@/api/client";
import { useSession } from "@/api/use-session";
import { useChangePreferences, usePreferences, type Theme } from "@/app/preferences";
import { symbolsOf } from "@/format/measure";
import { ProgramNote } from "@/offline/Notices";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Panel } from "@/parts/Panel";
import { useTellFailed } from "@/parts/toasts";
import { LANGUAGES } from "@/strings/languages";
import { ChangePassword, SecondFactor, Sessions } from "./Security";
import css from "./Screen.module.css";

const QUANTITIES = ["pressure", "flow", "level", "volume", "temperature"] as const;
const THEMES: readonly Theme[] = ["system", "dark", "light"];
const AS_REPORTED = "-";

/** What is one's own: language, look, units, time zone. */
export default function AccountScreen(): ReactNode {
  const t = useTranslations("account");
  const app = useTranslations("app");
  const failed = useTellFailed();
  const [, navigate] = useLocation();
  const standing = useSession();
  const mine = usePreferences();
  const change = useChangePreferences();
  const languages = Object.entries(LANGUAGES).map(([id, name]) => ({ id, name }));
  const themes = THEMES.map((id) => ({ id, name: app(`theme.${id}`) }));
  const zones = Intl.supportedValuesOf("timeZone").map((id) => ({ id, name: id.replaceAll("_", " ") }));
  const setUnit = (quantity: string, symbol: string): void => {
    const { [quantity]: _former, ...others } = mine.units;
    change({ units: symbol === AS_REPORTED ? others : { ...others, [quantity]: symbol } });
  };
  return (
    <div className={css["screen"]}>
      <h1>{t("title")}</h1>
      <Panel title={t("look")}>
        <div className={css["fields"]}>
          <Choice label={app("language")} options={languages} value={document.documentElement.lang} onChange={(language) => change({ language })} />
          <Choice label={app("theme.label")} options={themes} value={mine.theme} onChange={(theme) => change({ theme })} />
          <Choice label={t("timeZone")} options={zones} value={mine.timeZone} onChange={(time_zone) => change({ time_zone })} />
        </div>
      </Panel>
      <Panel title={t("units")}>
        <p className={css["hint"]}>{t("unitsHint")}</p>
        <div className={css["fields"]}>
          {QUANTITIES.map((quantity) => (
            <Choice
              key={quantity}
              label={t(`quantity.${quantity}`)}
              options={[{ id: AS_REPORTED, name: t("asReported") }, ...symbolsOf(quantity).map((id) => ({ id, name: id }))]}
              value={mine.units[quantity] ?? AS_REPORTED}
              onChange={(symbol) => setUnit(quantity, symbol)}
            />
          ))}
        </div>
      </Panel>
      <ProgramNote />
      <SecondFactor mustEnrol={standing.at === "inside" && standing.mustEnrol} />
      <ChangePassword />
      <Sessions />
      <Button onPress={() => void session.signOut().then(() => navigate("/"), failed)}>{app("signOut")}</Button>
    </div>
  );
}
