import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "@/api/may";
import { Tabs } from "@/parts/Tabs";
import { ImportTab } from "./ImportTab";
import { KeysTab } from "./KeysTab";
import { KnocksTab } from "./KnocksTab";
import { LimitsTab } from "./LimitsTab";
import { RejectedTab } from "./RejectedTab";

/** What reports: devices that nobody knows yet, keys, limits, and what was not taken and why. */
export default function DevicesScreen(): ReactNode {
  const t = useTranslations("devices");
  const may = useMay();
  const manages = may("devices.manage");
  const inspects = may("intake.inspect");
  const tabs = [
    ...(inspects ? [{ id: "knocks", name: t("knocks"), body: <KnocksTab /> }] : []),
    ...(manages ? [{ id: "keys", name: t("keys"), body: <KeysTab /> }] : []),
    ...(inspects ? [{ id: "rejected", name: t("rejected"), body: <RejectedTab /> }] : []),
    ...(manages ? [{ id: "limits", name: t("limits"), body: <LimitsTab /> }] : []),
    ...(manages ? [{ id: "import", name: t("import"), body: <ImportTab /> }] : []),
  ];
  return (
    <>
      <h1>{t("title")}</h1>
      <Tabs label={t("title")} tabs={tabs} />
    </>
  );
}
