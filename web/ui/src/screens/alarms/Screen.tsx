import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, Redirect, useLocation } from "wouter";
import { Active } from "./Active";
import { History } from "./History";
import css from "./Screen.module.css";

const ONE = /^\/alarms\/(\d+)$/;
const OLD_ONE = /^\/alarms\/history\/(\d+)$/;

/** Alarms: what must be dealt with, and what was. `/alarms/12` opens one beside the list. */
export default function AlarmsScreen(): ReactNode {
  const [path] = useLocation();
  const t = useTranslations("alarms");
  const isHistory = path.startsWith("/alarms/history");
  const open = Number((isHistory ? OLD_ONE : ONE).exec(path)?.[1] ?? 0) || null;
  if (path !== "/alarms" && path !== "/alarms/history" && open === null) return <Redirect to="/alarms" replace />;
  return (
    <div className={css["screen"]} data-one={open !== null || undefined}>
      <header className={css["head"]}>
        <h1>{t("heading")}</h1>
        <nav className={css["tabs"]} aria-label={t("heading")}>
          <Link href="/alarms" aria-current={isHistory ? undefined : "page"}>{t("title")}</Link>
          <Link href="/alarms/history" aria-current={isHistory ? "page" : undefined}>{t("history")}</Link>
        </nav>
      </header>
      {isHistory ? <History open={open} /> : <Active open={open} />}
    </div>
  );
}
