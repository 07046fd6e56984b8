import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Sheet } from "@/parts/Sheet";
import { EditWebhook, NewWebhook } from "./EditWebhook";
import { useWebhooks, type Webhook } from "./queries";
import { WebhookDeliveries } from "./DeliveriesTab";
import css from "./notifications.module.css";

/** Programs that are told what happens to alarms, with signatures. */
export function WebhooksTab(): ReactNode {
  const t = useTranslations("notifications");
  const app = useTranslations("app");
  const webhooks = useWebhooks();
  const [edited, setEdited] = useState<number | "new" | null>(null);
  const [looked, setLooked] = useState<Webhook | null>(null);
  const close = (): void => setEdited(null);
  const name = webhooks.data?.find((each) => each.id === edited)?.name;
  return (
    <Panel
      title={t("webhooks")}
      actions={
        <Button kind="primary" icon="plus" onPress={() => setEdited("new")}>
          {t("addWebhook")}
        </Button>
      }
    >
      <Asked of={webhooks} empty={t("noWebhooks")}>
        {(found) => (
          <Rows
            label={t("webhooks")}
            rows={found}
            keyOf={(each) => each.id}
            columns={[
              { name: t("name"), isHead: true, cell: (each) => <bdi>{each.name}</bdi> },
              { name: t("url"), cell: (each) => <bdi>{each.url}</bdi> },
              { name: t("events"), cell: (each) => each.events.map((event) => t(`eventsOf.${event}`)).join(", ") },
              { name: t("least"), cell: (each) => app(`severity.${each.least_severity}`) },
              { name: t("state"), cell: (each) => <State of={each} /> },
            ]}
            actions={(each) => (
              <div className={css["buttons"]}>
                <Button aria-label={`${t("deliveries")}: ${each.name}`} onPress={() => setLooked(each)}>
                  {t("deliveries")}
                </Button>
                <Button icon="edit" aria-label={`${app("edit")}: ${each.name}`} onPress={() => setEdited(each.id)} />
              </div>
            )}
          />
        )}
      </Asked>
      <Sheet title={name ?? t("addWebhook")} isOpen={edited !== null} onClose={close}>
        {edited === "new" && <NewWebhook done={close} />}
        {edited !== null && edited !== "new" && <EditWebhook id={edited} done={close} />}
      </Sheet>
      <Sheet title={looked ? `${t("deliveries")}: ${looked.name}` : t("deliveries")} wide isOpen={looked !== null} onClose={() => setLooked(null)}>
        {looked && <WebhookDeliveries webhook={looked.id} />}
      </Sheet>
    </Panel>
  );
}

function State({ of }: { of: Webhook }): ReactNode {
  const t = useTranslations("notifications");
  const format = useFormat();
  if (of.stopped) return <span className={css["wrong"]}>{t("stopped", { why: of.stopped })}</span>;
  if (of.failing_since !== null) return <span className={css["wrong"]}>{t("failing", { since: format.dateTime(of.failing_since) })}</span>;
  return of.enabled ? t("on") : t("off");
}
