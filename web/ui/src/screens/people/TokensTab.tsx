import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Sheet } from "@/parts/Sheet";
import { Empty, Failed, Loading } from "@/parts/states";
import { Text } from "@/parts/Text";
import { tellDone } from "@/parts/toasts";
import { useSave } from "@/parts/use-save";
import { useFormat } from "@/format/use-format";
import { ROLES, type Role } from "./queries";
import css from "./people.module.css";

type Token = Schemas["TokenOut"];

/** With what programs sign in: each has a token of its own, with a role and an end. */
export function TokensTab(): ReactNode {
  const t = useTranslations("people");
  const { id } = useMunicipality();
  const format = useFormat();
  const query = { municipality_id: id, limit: 1000 };
  const tokens = useQuery({
    queryKey: ["tokens", id],
    queryFn: () => data(api.GET("/api/v1/tokens", { params: { query } })),
  });
  const [sheet, setSheet] = useState<"new" | Token | null>(null);
  return (
    <Panel
      title={t("tokens")}
      actions={
        <Button kind="primary" icon="plus" onPress={() => setSheet("new")}>
          {t("addToken")}
        </Button>
      }
    >
      {tokens.isPending && <Loading />}
      {tokens.isError && <Failed problem={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.data?.length === 0 && <Empty>{t("noTokens")}</Empty>}
      {tokens.data && tokens.data.length > 0 && (
        <Rows
          label={t("tokens")}
          rows={tokens.data}
          keyOf={(token) => token.id}
          columns={[
            { name: t("name"), isHead: true, cell: (token) => token.name },
            { name: t("role"), cell: (token) => t(`rolesOf.${token.role}`) },
            { name: t("created"), cell: (token) => format.date(token.created_at) },
            { name: t("lastUsed"), cell: (token) => (token.last_used_at ? <Ago at={token.last_used_at} /> : t("never")) },
            { name: t("expires"), cell: (token) => (token.expires_at ? format.date(token.expires_at) : t("never")) },
          ]}
          actions={(token) => (
            <Button kind="danger" aria-label={`${t("revoke")}: ${token.name}`} onPress={() => setSheet(token)}>
              {t("revoke")}
            </Button>
          )}
        />
      )}
      <Sheet title={sheet === "new" || sheet === null ? t("addToken") : sheet.name} isOpen={sheet !== null} onClose={() => setSheet(null)}>
        {sheet === "new" && <MakeToken done={() => setSheet(null)} />}
        {sheet !== null && sheet !== "new" && <Revoke token={sheet} done={() => setSheet(null)} />}
      </Sheet>
    </Panel>
  );
}

function MakeToken({ done }: { done: () => void }): ReactNode {
  const t = useTranslations("people");
  const { id: municipality } = useMunicipality();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [ends, setEnds] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const { save, isSaving } = useSave(
    (_: null) =>
      data(
        api.POST("/api/v1/tokens", {
          params: { header: { "Idempotency-Key": newKey() } },
          body: {
            name,
            role,
            scopes: null,
            zone_ids: null,
            expires_at: ends ? new Date(ends).toISOString() : null,
            long_lived: !ends,
            municipality_id: municipality,
          },
        }),
      ),
    { touches: ["tokens"], onDone: (result) => setMade(result.token) },
  );
  if (made !== null) return <Secret text={made} isForWall={role === "viewer"} done={done} />;
  return (
    <Form isBusy={isSaving} onSubmit={() => save(null)} onCancel={done}>
      <Text label={t("name")} isRequired value={name} onChange={setName} />
      <Choice label={t("role")} options={ROLES.map((id) => ({ id, name: t(`rolesOf.${id}`) }))} value={role as (typeof ROLES)[number]} onChange={setRole} />
      <Text label={t("expires")} hint={t("expiresHint")} type="date" value={ends} onChange={setEnds} />
    </Form>
  );
}

/** A secret that is shown this once. */
function Secret({ text, isForWall, done }: { text: string; isForWall: boolean; done: () => void }): ReactNode {
  const t = useTranslations("people");
  const app = useTranslations("app");
  const copy = (): void => {
    // Over plain HTTP on a LAN there is no clipboard: the text can be selected with one click.
    void navigator.clipboard?.writeText(text).then(() => tellDone(app("done")));
  };
  return (
    <div className={css["secret"]}>
      <p role="status">{t("shownOnce")}</p>
      <code>{text}</code>
      {isForWall && <p>{t("forWall", { address: `${location.origin}/wall` })}</p>}
      {navigator.clipboard && <Button onPress={copy}>{t("copy")}</Button>}
      <Button kind="primary" onPress={done}>
        {app("close")}
      </Button>
    </div>
  );
}

function Revoke({ token, done }: { token: Token; done: () => void }): ReactNode {
  const t = useTranslations("people");
  const { save, isSaving } = useSave(
    (_: null) => data(api.DELETE("/api/v1/tokens/{token}", { params: { path: { token: token.id } } })),
    { touches: ["tokens"], onDone: done },
  );
  return (
    <Form isBusy={isSaving} submit={t("revoke")} onSubmit={() => save(null)} onCancel={done}>
      <p>{t("revokeSure")}</p>
    </Form>
  );
}
