import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { usePreferences } from "@/app/preferences";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Check } from "@/parts/Checks";
import { Choice } from "@/parts/Choice";
import { Edited, tagged } from "@/parts/Edited";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Secret } from "@/parts/Secret";
import { Sheet } from "@/parts/Sheet";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { chooseLanguage, LANGUAGES, type Language } from "@/strings/languages";
import { SEVERITIES, useChannels, type Channel, type Severity } from "./queries";
import { useTrial } from "./TestButton";
import css from "./notifications.module.css";

/** Whom new alarms are told to. */
export function ChannelsTab(): ReactNode {
  const t = useTranslations("notifications");
  const app = useTranslations("app");
  const channels = useChannels();
  const [edited, setEdited] = useState<Channel | "new" | null>(null);
  const close = (): void => setEdited(null);
  return (
    <Panel
      title={t("channels")}
      actions={
        <Button kind="primary" icon="plus" onPress={() => setEdited("new")}>
          {t("addChannel")}
        </Button>
      }
    >
      <Asked of={channels} empty={t("noChannels")}>
        {(found) => (
          <Rows
            label={t("channels")}
            rows={found}
            keyOf={(each) => each.id}
            columns={[
              { name: t("name"), isHead: true, cell: (each) => <bdi>{each.name}</bdi> },
              { name: t("kind"), cell: (each) => t(`kinds.${each.kind}`) },
              { name: t("target"), cell: (each) => <bdi>{each.target}</bdi> },
              { name: app("language"), cell: (each) => (each.kind === "email" ? LANGUAGES[each.language] : "–") },
              { name: t("least"), cell: (each) => app(`severity.${each.least_severity}`) },
              { name: t("state"), cell: (each) => (each.enabled ? t("on") : t("off")) },
            ]}
            actions={(each) => <Button icon="edit" aria-label={`${app("edit")}: ${each.name}`} onPress={() => setEdited(each)} />}
          />
        )}
      </Asked>
      <Sheet title={edited === "new" || edited === null ? t("addChannel") : edited.name} isOpen={edited !== null} onClose={close}>
        {edited === "new" && <NewChannel done={close} />}
        {edited !== null && edited !== "new" && <OldChannel channel={edited} done={close} />}
      </Sheet>
    </Panel>
  );
}

interface Said {
  name: string;
  target: string;
  least_severity: Severity;
  enabled: boolean;
  language: Language;
}

function NewChannel({ done }: { done: () => void }): ReactNode {
  const t = useTranslations("notifications");
  const { id: municipality } = useMunicipality();
  const [kind, setKind] = useState<Channel["kind"]>("email");
  const shown = chooseLanguage(usePreferences().language, navigator.languages);
  const [said, setSaid] = useState<Said>({ name: "", target: "", least_severity: "high", enabled: true, language: shown });
  const [secret, setSecret] = useState<string | null>(null);
  const { save, isSaving } = useSave(
    (_: null) =>
      data(
        api.POST("/api/v1/channels", {
          params: { header: { "Idempotency-Key": newKey() } },
          body: { ...said, language: kind === "email" ? said.language : "en", kind, secret: "", municipality_id: municipality },
        }),
      ),
    { touches: ["channels"], onDone: (made) => (made.secret && kind === "webhook" ? setSecret(made.secret) : done()) },
  );
  if (secret !== null) return <Secret text={secret} done={done} />;
  return (
    <Form isBusy={isSaving} onSubmit={() => save(null)} onCancel={done}>
      <Choice
        label={t("kind")}
        options={(["email", "webhook"] as const).map((id) => ({ id, name: t(`kinds.${id}`) }))}
        value={kind}
        onChange={setKind}
      />
      <Fields kind={kind} said={said} onChange={setSaid} />
    </Form>
  );
}

function Fields({ kind, said, onChange }: { kind: Channel["kind"]; said: Said; onChange: (said: Said) => void }): ReactNode {
  const t = useTranslations("notifications");
  const app = useTranslations("app");
  const set = (change: Partial<Said>): void => onChange({ ...said, ...change });
  return (
    <>
      <Text label={t("name")} isRequired maxLength={128} value={said.name} onChange={(name) => set({ name })} />
      <Text
        label={kind === "email" ? t("address") : t("url")}
        type={kind === "email" ? "email" : "url"}
        isRequired
        value={said.target}
        onChange={(target) => set({ target })}
      />
      {kind === "email" && (
        <Choice
          label={t("language")}
          options={Object.entries(LANGUAGES).map(([id, name]) => ({ id: id as Language, name }))}
          value={said.language}
          onChange={(language) => set({ language })}
        />
      )}
      <Choice
        label={t("least")}
        options={SEVERITIES.map((id) => ({ id, name: app(`severity.${id}`) }))}
        value={said.least_severity}
        onChange={(least_severity) => set({ least_severity })}
      />
      <Check isSelected={said.enabled} onChange={(enabled) => set({ enabled })}>
        {t("on")}
      </Check>
    </>
  );
}

function OldChannel({ channel: { id, kind }, done }: { channel: Channel; done: () => void }): ReactNode {
  const t = useTranslations("notifications");
  const params = { path: { channel: id } };
  const found = useQuery({
    queryKey: ["channels", "one", id],
    queryFn: () => tagged(api.GET("/api/v1/channels/{channel}", { params })),
    staleTime: 0,
    gcTime: 0,
  });
  const change = (said: Said, etag: string): Promise<unknown> =>
    data(api.PATCH("/api/v1/channels/{channel}", { params: { ...params, header: { "If-Match": etag } }, body: said }));
  const removal = useSave((_: null) => data(api.DELETE("/api/v1/channels/{channel}", { params })), { touches: ["channels"], onDone: done });
  const { button, answer } = useTrial(() =>
    data(api.POST("/api/v1/channels/{channel}/test", { params: { ...params, header: { "Idempotency-Key": newKey() } } })),
  );
  return (
    <>
      <Edited of={found} change={change} touches={["channels"]} onDone={done}>
        {(channel, save, isSaving) => <ChangeChannel kind={kind} first={channel} save={save} isSaving={isSaving} done={done} />}
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

function ChangeChannel({ kind, first, save, isSaving, done }: {
  kind: Channel["kind"]; first: Said; save: (said: Said) => void; isSaving: boolean; done: () => void;
}): ReactNode {
  const [said, setSaid] = useState<Said>(() => {
    const { name, target, least_severity, enabled, language } = first;
    return { name, target, least_severity, enabled, language };
  });
  return (
    <Form isBusy={isSaving} onSubmit={() => save(said)} onCancel={done}>
      <Fields kind={kind} said={said} onChange={setSaid} />
    </Form>
  );
}
