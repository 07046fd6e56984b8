import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { renderSVG } from "uqr";
import { api, data, session, type Schemas } from "@/api/client";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Failed, Loading } from "@/parts/states";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import css from "./Screen.module.css";

/** The second factor of the person: setting it up, new recovery codes, taking it off. */
export function SecondFactor({ mustEnrol }: { mustEnrol: boolean }): ReactNode {
  const t = useTranslations("account");
  const state = useQuery({ queryKey: ["totp"], queryFn: () => data(api.GET("/api/v1/auth/totp")) });
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <Panel title={t("secondFactor")}>
      {mustEnrol && <p role="alert">{t("mustEnrol")}</p>}
      {state.isPending && <Loading />}
      {state.isError && <Failed problem={state.error} retry={() => void state.refetch()} />}
      {codes && <Codes codes={codes} done={() => setCodes(null)} />}
      {state.data && !codes && (state.data.enabled ? <There state={state.data} shown={setCodes} /> : <Enrol shown={setCodes} />)}
    </Panel>
  );
}

function There({ state, shown }: { state: Schemas["FactorStateOut"]; shown: (codes: string[]) => void }): ReactNode {
  const t = useTranslations("account");
  const [wanted, setWanted] = useState<"codes" | "off" | null>(null);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const { save, isSaving } = useSave(
    async (_: null) => {
      const body = { password, code };
      if (wanted === "off") {
        await data(api.POST("/api/v1/auth/totp/disable", { body }));
        return [];
      }
      return (await data(api.POST("/api/v1/auth/totp/recovery-codes", { body }))).recovery_codes;
    },
    {
      touches: ["totp"],
      onDone: (codes) => {
        setWanted(null);
        if (codes.length > 0) shown(codes);
      },
    },
  );
  return (
    <>
      <p>{t("factorThere", { left: state.recovery_codes_left })}</p>
      {wanted === null ? (
        <div className={css["buttons"]}>
          <Button onPress={() => setWanted("codes")}>{t("newCodes")}</Button>
          {!state.required && <Button onPress={() => setWanted("off")}>{t("factorOff")}</Button>}
        </div>
      ) : (
        <Form isBusy={isSaving} onSubmit={() => save(null)} onCancel={() => setWanted(null)} submit={wanted === "off" ? t("factorOff") : t("newCodes")}>
          <Text label={t("password")} type="password" autoComplete="current-password" isRequired value={password} onChange={setPassword} />
          <Text label={t("code")} inputMode="numeric" autoComplete="one-time-code" isRequired value={code} onChange={setCode} />
        </Form>
      )}
    </>
  );
}

function Enrol({ shown }: { shown: (codes: string[]) => void }): ReactNode {
  const t = useTranslations("account");
  const [password, setPassword] = useState("");
  const [enrolment, setEnrolment] = useState<Schemas["Enrolment"] | null>(null);
  const [code, setCode] = useState("");
  const begin = useSave((_: null) => data(api.POST("/api/v1/auth/totp", { body: { password } })), {
    touches: [],
    onDone: setEnrolment,
  });
  const confirm = useSave((_: null) => data(api.POST("/api/v1/auth/totp/confirm", { body: { code } })), {
    touches: ["totp"],
    onDone: (result) => {
      shown(result.recovery_codes);
      void session.again();
    },
  });
  if (!enrolment) {
    return (
      <Form isBusy={begin.isSaving} submit={t("factorOn")} onSubmit={() => begin.save(null)}>
        <p>{t("factorAbout")}</p>
        <Text label={t("password")} type="password" autoComplete="current-password" isRequired value={password} onChange={setPassword} />
      </Form>
    );
  }
  return (
    <Form isBusy={confirm.isSaving} submit={t("confirm")} onSubmit={() => confirm.save(null)} onCancel={() => setEnrolment(null)}>
      <p>{t("scan")}</p>
      <img className={css["qr"]} alt={t("qr")} src={`data:image/svg+xml,${encodeURIComponent(renderSVG(enrolment.otpauth_uri))}`} />
      <p>
        {t("byHand")} <code>{enrolment.secret}</code>
      </p>
      <Text label={t("code")} inputMode="numeric" autoComplete="one-time-code" isRequired value={code} onChange={setCode} />
    </Form>
  );
}

function Codes({ codes, done }: { codes: string[]; done: () => void }): ReactNode {
  const t = useTranslations("account");
  return (
    <div className={css["codes"]} role="status">
      <p>{t("codesAbout")}</p>
      <ul>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Button kind="primary" onPress={done}>
        {t("codesKept")}
      </Button>
    </div>
  );
}

/** A new password; every other session ends with it. */
export function ChangePassword(): ReactNode {
  const t = useTranslations("account");
  const [before, setBefore] = useState("");
  const [after, setAfter] = useState("");
  const { save, isSaving } = useSave(
    (_: null) => data(api.POST("/api/v1/auth/password", { body: { old_password: before, new_password: after } })),
    {
      touches: ["sessions"],
      onDone: () => {
        setBefore("");
        setAfter("");
      },
    },
  );
  return (
    <Panel title={t("changePassword")}>
      <Form isBusy={isSaving} onSubmit={() => save(null)}>
        <Text label={t("password")} type="password" autoComplete="current-password" isRequired value={before} onChange={setBefore} />
        <Text label={t("newPassword")} hint={t("passwordHint")} type="password" autoComplete="new-password" isRequired value={after} onChange={setAfter} />
      </Form>
    </Panel>
  );
}

/** Where the person is signed in, and ending what is not theirs. */
export function Sessions(): ReactNode {
  const t = useTranslations("account");
  const sessions = useQuery({ queryKey: ["sessions"], queryFn: () => data(api.GET("/api/v1/auth/sessions")) });
  const one = useSave(
    (id: number) => data(api.DELETE("/api/v1/auth/sessions/{session}", { params: { path: { session: id } } })),
    { touches: ["sessions"] },
  );
  return (
    <Panel title={t("sessions")}>
      {sessions.isPending && <Loading />}
      {sessions.isError && <Failed problem={sessions.error} retry={() => void sessions.refetch()} />}
      {sessions.data && (
        <Rows
          label={t("sessions")}
          rows={sessions.data}
          keyOf={(each) => each.id}
          columns={[
            { name: t("program"), isHead: true, cell: (each) => <bdi>{each.user_agent || "–"}</bdi> },
            { name: t("address"), cell: (each) => <bdi>{each.address}</bdi> },
            { name: t("lastUsed"), cell: (each) => (each.current ? t("here") : <Ago at={each.last_used_at} />) },
          ]}
          actions={(each) =>
            !each.current && (
              <Button isDisabled={one.isSaving} onPress={() => one.save(each.id)}>
                {t("endSession")}
              </Button>
            )
          }
        />
      )}
    </Panel>
  );
}
