import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { Button } from "@/parts/Button";
import { Check, Checks } from "@/parts/Checks";
import { Choice } from "@/parts/Choice";
import { Edited, tagged } from "@/parts/Edited";
import { Form } from "@/parts/Form";
import { Secret } from "@/parts/Secret";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { SEVERITIES, type Webhook } from "./queries";
import { useTrial } from "./TestButton";
import css from "./notifications.module.css";

const EVENTS = ["opened", "reopened", "returned", "cleared", "moved", "assigned", "commented", "shelved", "unshelved"] as const satisfies Webhook["events"];
type Said = Pick<Webhook, "name" | "url" | "events" | "least_severity" | "enabled">;

/** Add a webhook; the key of its signatures is shown this once. */
export function NewWebhook({ done }: { done: () => void }): ReactNode {
  const { id: municipality } = useMunicipality();
  const [secret, setSecret] = useState<string | null>(null);
  const { save, isSaving } = useSave(
    (said: Said) =>
      data(
        api.POST("/api/v1/webhooks", {
          params: { header: { "Idempotency-Key": newKey() } },
          body: { ...said, secret: "", municipality_id: municipality },
        }),
      ),
    { touches: ["webhooks"], onDone: (made) => setSecret(made.secret) },
  );
  if (secret !== null) return <Secret text={secret} done={done} />;
  const first: Said = { name: "", url: "", events: ["opened", "reopened"], least_severity: "medium", enabled: true };
  return <Fields first={first} save={save} isSaving={isSaving} done={done} />;
}

/** Change, try or remove a webhook. */
export function EditWebhook({ id, done }: { id: number; done: () => void }): ReactNode {
  const t = useTranslations("notifications");
  const params = { path: { webhook: id } };
  const found = useQuery({ queryKey: ["webhooks", "one", id], queryFn: () => tagged(api.GET("/api/v1/webhooks/{webhook}", { params })) });
  const change = (body: Schemas["WebhookPatch"], etag: string): Promise<unknown> =>
    data(api.PATCH("/api/v1/webhooks/{webhook}", { params: { ...params, header: { "If-Match": etag } }, body }));
  const removal = useSave((_: null) => data(api.DELETE("/api/v1/webhooks/{webhook}", { params })), { touches: ["webhooks"], onDone: done });
  const { button, answer } = useTrial(() =>
    data(api.POST("/api/v1/webhooks/{webhook}/test", { params: { ...params, header: { "Idempotency-Key": newKey() } } })),
  );
  return (
    <>
      <Edited of={found} change={change} touches={["webhooks"]} onDone={done}>
        {(webhook, save, isSaving) => <Fields first={webhook} save={save} isSaving={isSaving} done={done} />}
      </Edited>
      <div className={css["split"]}>
        <div className={css["buttons"]}>
          {button}
          <Button kind="danger" icon="trash" isDisabled={removal.isSaving} onPress={() => removal.save(null)}>
            {t("remove")}
          </Button>
        </div>
        {answer}
      </div>
    </>
  );
}

function Fields({ first, save, isSaving, done }: { first: Said; save: (said: Said) => void; isSaving: boolean; done: () => void }): ReactNode {
  const t = useTranslations("notifications");
  const app = useTranslations("app");
  const [said, setSaid] = useState<Said>(() => {
    const { name, url, events, least_severity, enabled } = first;
    return { name, url, events, least_severity, enabled };
  });
  const set = (change: Partial<Said>): void => setSaid({ ...said, ...change });
  return (
    <Form isBusy={isSaving || said.events.length === 0} onSubmit={() => save(said)} onCancel={done}>
      <Text label={t("name")} isRequired maxLength={128} value={said.name} onChange={(name) => set({ name })} />
      <Text label={t("url")} type="url" isRequired value={said.url} onChange={(url) => set({ url })} />
      <Checks
        label={t("events")}
        options={EVENTS.map((id) => ({ id, name: t(`eventsOf.${id}`) }))}
        value={said.events}
        onChange={(events) => set({ events })}
      />
      <Choice
        label={t("least")}
        options={SEVERITIES.map((id) => ({ id, name: app(`severity.${id}`) }))}
        value={said.least_severity}
        onChange={(least_severity) => set({ least_severity })}
      />
      <Check isSelected={said.enabled} onChange={(enabled) => set({ enabled })}>
        {t("on")}
      </Check>
    </Form>
  );
}
