import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "@/api/may";
import { Tabs } from "@/parts/Tabs";
import { General } from "./General";
import { Retention } from "./Retention";
import { Safety } from "./Safety";
import { ZonesTab } from "./ZonesTab";

/** What holds for one municipality. */
export default function SettingsScreen(): ReactNode {
  const t = useTranslations("settings");
  const app = useTranslations("app");
  const may = useMay();
  const tabs = [
    { id: "general", name: t("general"), body: <><General /><Safety /></> },
    { id: "retention", name: t("retention"), body: <Retention /> },
    ...(may("network.view") ? [{ id: "zones", name: t("zones"), body: <ZonesTab /> }] : []),
  ];
  return (
    <>
      <h1>{app("screens.settings")}</h1>
      <Tabs label={app("screens.settings")} tabs={tabs} />
    </>
  );
}
