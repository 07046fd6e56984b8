import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { api, data } from "@/api/client";
import { newKey } from "@/api/keys";
import { useFormat } from "@/format/use-format";
import { useActiveAlerts } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { useSave } from "@/parts/use-save";
import { useTitle } from "@/parts/use-title";
import { useChannels, useDeliveries, useWebhooks, type Delivery } from "./queries";
import css from "./notifications.module.css";

const PAGE = 100;
const MOST = 1000;

/** What was and is owed to channels and webhooks, newest first. */
export function DeliveriesTab(): ReactNode {
  const t = useTranslations("notifications");
  const app = useTranslations("app");
  const [limit, setLimit] = useState(PAGE);
  const deliveries = useDeliveries(limit);
  const named = [...(useChannels().data ?? []), ...(useWebhooks().data ?? [])];
  return (
    <Panel title={t("deliveries")}>
      <div className={css["stack"]}>
        <Asked of={deliveries} empty={t("noDeliveries")}>
          {(found) => <List deliveries={found} nameOf={(id) => named.find((each) => each.id === id)?.name ?? String(id)} />}
        </Asked>
        {deliveries.data?.length === limit && limit < MOST && <Button onPress={() => setLimit(MOST)}>{app("showMore")}</Button>}
      </div>
    </Panel>
  );
}

/** What one webhook was and is owed; each can be sent once more. */
export function WebhookDeliveries({ webhook }: { webhook: number }): ReactNode {
  const t = useTranslations("notifications");
  const query = { limit: PAGE };
  const found = useQuery({
    queryKey: ["deliveries", "webhook", webhook],
    queryFn: () => data(api.GET("/api/v1/webhooks/{webhook}/deliveries", { params: { path: { webhook }, query } })),
    refetchInterval: 5000,
  });
  const { save, isSaving } = useSave(
    (key: string) =>
      data(
        api.POST("/api/v1/webhooks/{webhook}/deliveries/{key}/redeliver", {
          params: { path: { webhook, key }, header: { "Idempotency-Key": newKey() } },
        }),
      ),
    { touches: ["deliveries"] },
  );
  return (
    <Asked of={found} empty={t("noDeliveries")}>
      {(deliveries) => (
        <List
          deliveries={deliveries}
          again={(each) => (
            <Button isDisabled={isSaving} aria-label={`${t("again")}: ${each.alert_id}`} onPress={() => save(each.key)}>
              {t("again")}
            </Button>
          )}
        />
      )}
    </Asked>
  );
}

function List({
  deliveries,
  nameOf,
  again,
}: {
  deliveries: Delivery[];
  nameOf?: (channel: number) => string;
  again?: (each: Delivery) => ReactNode;
}): ReactNode {
  const t = useTranslations("notifications");
  const format = useFormat();
  return (
    <Rows
      label={t("deliveries")}
      rows={deliveries}
      keyOf={(each) => each.key}
      columns={[
        { name: t("alarm"), isHead: true, cell: (each) => <Alarm id={each.alert_id} /> },
        ...(nameOf ? [{ name: t("to"), cell: (each: Delivery) => <bdi>{nameOf(each.channel_id)}</bdi> }] : []),
        { name: t("made"), cell: (each) => <Ago at={each.created_at} /> },
        { name: t("state"), cell: (each) => <State of={each} /> },
        { name: t("attempts"), cell: (each) => format.number(each.attempts) },
        { name: t("problem"), cell: (each) => each.last_problem || "–" },
      ]}
      {...(again && { actions: again })}
    />
  );
}

/** By its title while it is active; what is over is known here by its number only. */
function Alarm({ id }: { id: number }): ReactNode {
  const titleOf = useTitle();
  const alert = useActiveAlerts().find((each) => each.id === id);
  return <Link href={`/alarms/${id}`} dir="auto">{alert ? titleOf(alert) : id}</Link>;
}

function State({ of }: { of: Delivery }): ReactNode {
  const t = useTranslations("notifications");
  const format = useFormat();
  if (of.state === "sent") return t("sent", { at: of.sent_at === null ? "–" : format.dateTime(of.sent_at) });
  if (of.state === "waiting") return <span className={css["wrong"]}>{t("waiting", { at: format.dateTime(of.due_at) })}</span>;
  return <span className={css["wrong"]}>{t("givenUp")}</span>;
}
