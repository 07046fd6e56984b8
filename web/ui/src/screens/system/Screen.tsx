import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Tabs } from "@/parts/Tabs";
import { Backups } from "./Backups";
import { Health } from "./Health";
import { SignInRules } from "./SignInRules";
import { SystemSettings } from "./SystemSettings";

/** How the whole installation is, what holds for all of it, and its backups. */
export default function SystemScreen(): ReactNode {
  const t = useTranslations("system");
  const app = useTranslations("app");
  const tabs = [
    { id: "health", name: t("health"), body: <Health /> },
    { id: "settings", name: app("screens.settings"), body: <SystemSettings /> },
    { id: "sign-in", name: t("signIn"), body: <SignInRules /> },
    { id: "backups", name: t("backups"), body: <Backups /> },
  ];
  return (
    <>
      <h1>{app("screens.system")}</h1>
      <Tabs label={app("screens.system")} tabs={tabs} />
    </>
  );
}
