import { useState, type ReactNode } from "react";
import { Dialog, DialogTrigger, Popover, Switch } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { useNow } from "@/parts/use-now";
import { siren, useHeard } from "./use-siren";
import css from "./Sound.module.css";

/** Always in sight: whether this device would be heard; muting, trying, and silence for good. */
export function SoundControl(): ReactNode {
  const t = useTranslations("sound");
  const heard = useHeard();
  const format = useFormat();
  const now = useNow(heard.is === "muted" ? 1000 : 60_000);
  const isSilent = heard.is === "off" || heard.is === "muted";
  const word = heard.is === "off" ? t("off") : heard.is === "muted" ? t("muted", { left: format.duration(heard.until - now) }) : t("on");
  return (
    <DialogTrigger>
      <Button kind="quiet" icon={isSilent ? "mute" : "sound"} aria-label={t("label", { state: word })} className={css["control"] ?? ""}>
        {isSilent ? <small>{heard.is === "muted" ? format.duration(heard.until - now) : t("off")}</small> : undefined}
      </Button>
      <Popover className={css["popover"] ?? ""}>
        <Dialog className={css["dialog"] ?? ""} aria-label={t("title")}>
          <p><b>{word}</b></p>
          <Switch isSelected={heard.is !== "off"} onChange={(isOn) => siren.turn(isOn)} className={css["switch"] ?? ""}>
            <span className={css["track"]} aria-hidden="true" />
            {t("onThisDevice")}
          </Switch>
          {heard.is === "muted"
            ? <Button icon="sound" onPress={() => siren.unmute()}>{t("unmute")}</Button>
            : <Button icon="mute" isDisabled={heard.is === "off"} onPress={() => siren.mute()}>{t("mute")}</Button>}
          <Test />
          <p className={css["soft"]}>{t("explain")}</p>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Test(): ReactNode {
  const t = useTranslations("sound");
  const [came, setCame] = useState<boolean | null>(null);
  return (
    <>
      <Button icon="play" onPress={() => void siren.test().then(setCame)}>{t("test")}</Button>
      <p role="status" className={css["soft"]}>{came === null ? "" : came ? t("tested") : t("testFailed")}</p>
    </>
  );
}
