import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { Icon } from "@/parts/Icon";
import { useNow } from "@/parts/use-now";
import { siren, useAlarmSound, useHeard } from "./use-siren";
import css from "./Sound.module.css";

/** Sounds the alarms, and says over the whole width when nobody can hear what should be heard. */
export function SoundStrip(): ReactNode {
  const t = useTranslations("sound");
  const heard = useHeard();
  const format = useFormat();
  const now = useNow(heard.is === "muted" ? 1000 : 60_000);
  useAlarmSound();
  if (heard.is === "quiet" || (heard.is !== "blocked" && heard.is !== "sounding" && !heard.call)) return null;
  if (heard.is === "sounding") {
    return (
      <section className={css["strip"]} data-is="sounding" aria-label={t("title")}>
        <Icon name="sound" />
        <span>
          <Link href="/alarms">
            <span className={css["long"]}>{t(`sounding.${heard.call}`)}</span>
            <span className={css["short"]}>{t(`soundingShort.${heard.call}`)}</span>
          </Link>
        </span>
        <Button icon="mute" onPress={() => siren.mute()}>
          <span className={css["said"]}>{t("mute")}</span>
          <span className={css["short"]} aria-hidden>{t("muteShort")}</span>
        </Button>
      </section>
    );
  }
  if (heard.is === "blocked") {
    return (
      <section aria-label={t("title")}>
        <button type="button" className={css["strip"]} data-is="blocked" onClick={() => void siren.unblock()}>
          <Icon name="mute" />
          <span role="alert">
            <span className={css["long"]}>{t("blocked")}</span>
            <span className={css["short"]}>{t("blockedShort")}</span>
          </span>
        </button>
      </section>
    );
  }
  return (
    <section className={css["strip"]} data-is={heard.is} aria-label={t("title")}>
      <Icon name="mute" />
      <span>{heard.is === "off" ? t("offNow") : t("mutedNow", { left: format.duration(heard.until - now) })}</span>
      <Button icon="sound" onPress={() => (heard.is === "off" ? siren.turn(true) : siren.unmute())}>{t("unmute")}</Button>
    </section>
  );
}
