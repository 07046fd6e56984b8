import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Check } from "@/parts/Checks";
import { Edited } from "@/parts/Edited";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Text } from "@/parts/Text";
import { TimeZone } from "./TimeZone";
import { useSettings, type Patch, type Settings } from "./queries";
import css from "./settings.module.css";

const MINUTE = 60;

/** Time zone, how late readings may come, and whether only sensors on the list may report. */
export function General(): ReactNode {
  const t = useTranslations("settings");
  const { found, change } = useSettings();
  return (
    <Panel title={t("general")}>
      <div className={css["narrow"]}>
        <Edited of={found} change={change} touches={["settings", "municipalities"]}>
          {(settings, save, isSaving) => <Edit settings={settings} save={save} isSaving={isSaving} />}
        </Edited>
      </div>
    </Panel>
  );
}

function Edit({ settings, save, isSaving }: { settings: Settings; save: (patch: Patch) => void; isSaving: boolean }): ReactNode {
  const t = useTranslations("settings");
  const [zone, setZone] = useState(settings.time_zone);
  const [late, setLate] = useState(String(settings.lateness_seconds / MINUTE));
  const [isListed, setListed] = useState(settings.require_whitelist);
  const submit = (): void => save({ time_zone: zone, lateness_seconds: Number(late) * MINUTE, require_whitelist: isListed });
  return (
    <Form isBusy={isSaving} onSubmit={submit}>
      <TimeZone label={t("timeZone")} hint={t("timeZoneHint")} value={zone} onChange={setZone} />
      <Text label={t("lateness")} hint={t("latenessHint")} type="number" isRequired value={late} onChange={setLate} />
      <Check isSelected={isListed} onChange={setListed}>
        {t("whitelist")}
      </Check>
      <p className={css["hint"]}>{t("whitelistHint")}</p>
    </Form>
  );
}
