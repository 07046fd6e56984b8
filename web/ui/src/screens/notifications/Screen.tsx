import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Tabs } from "@/parts/Tabs";
import { ChannelsTab } from "./ChannelsTab";
import { DeliveriesTab } from "./DeliveriesTab";
import { WebhooksTab } from "./WebhooksTab";

/** Whom and what alarms tell, and what became of each message. */
export default function NotificationsScreen(): ReactNode {
  const t = useTranslations("notifications");
  const tabs = [
    { id: "channels", name: t("channels"), body: <ChannelsTab /> },
    { id: "webhooks", name: t("webhooks"), body: <WebhooksTab /> },
    { id: "deliveries", name: t("deliveries"), body: <DeliveriesTab /> },
  ];
  return (
    <>
      <h1>{t("title")}</h1>
      <Tabs label={t("title")} tabs={tabs} />
    </>
  );
}
