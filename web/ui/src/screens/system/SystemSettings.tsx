import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { api, data, type Schemas } from "@/api/client";
import { Edited, tagged } from "@/parts/Edited";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Text } from "@/parts/Text";
import { TimeZone } from "@/screens/settings/TimeZone";
import css from "./system.module.css";

type Settings = Schemas["SystemSettingsOut"];

/** What holds for the whole installation. */
export function SystemSettings(): ReactNode {
  const t = useTranslations("system");
  const app = useTranslations("app");
  const found = useQuery({ queryKey: ["system-settings"], queryFn: () => tagged(api.GET("/api/v1/admin/settings")) });
  const change = (body: Settings, etag: string): Promise<unknown> =>
    data(api.PATCH("/api/v1/admin/settings", { params: { header: { "If-Match": etag } }, body }));
  return (
    <Panel title={app("screens.settings")}>
      <div className={css["narrow"]}>
        <Edited of={found} change={change} touches={["system-settings"]}>
          {(settings, save, isSaving) => <Edit settings={settings} save={save} isSaving={isSaving} />}
        </Edited>
        <p className={css["hint"]}>
          {t("retentionWhere")} <Link href="/settings?tab=retention">{app("screens.settings")}</Link>
        </p>
      </div>
    </Panel>
  );
}

function Edit({ settings, save, isSaving }: { settings: Settings; save: (said: Settings) => void; isSaving: boolean }): ReactNode {
  const t = useTranslations("system");
  const [said, setSaid] = useState(settings);
  const set = (change: Partial<Settings>): void => setSaid({ ...said, ...change });
  return (
    <Form isBusy={isSaving} onSubmit={() => save(said)}>
      <Text label={t("name")} hint={t("nameHint")} maxLength={128} value={said.name} onChange={(name) => set({ name })} />
      <Text label={t("contact")} hint={t("contactHint")} maxLength={300} value={said.contact} onChange={(contact) => set({ contact })} />
      <TimeZone label={t("timeZone")} hint={t("timeZoneHint")} value={said.default_time_zone} onChange={(zone) => set({ default_time_zone: zone })} />
    </Form>
  );
}
