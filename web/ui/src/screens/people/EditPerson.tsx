import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, session, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { Button } from "@/parts/Button";
import { Check, Checks } from "@/parts/Checks";
import { Choice } from "@/parts/Choice";
import { Form } from "@/parts/Form";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { changes, roleKey, roleOfKey, said, type Said } from "./person";
import { ROLES, useRoles, useZones, type Person } from "./queries";
import css from "./people.module.css";

/** Add somebody, or change what they may do. */
export function EditPerson({ person, done }: { person: Person | null; done: () => void }): ReactNode {
  const t = useTranslations("people");
  const { id: municipality } = useMunicipality();
  const roles = useRoles();
  const zones = useZones();
  const [form, setForm] = useState<Said>(() => said(person));
  const set = (change: Partial<Said>): void => setForm({ ...form, ...change });
  const { save, isSaving } = useSave(
    (_: null) =>
      person
        ? data(api.PATCH("/api/v1/users/{user}", { params: { path: { user: person.id } }, body: changes(form, person) }))
        : data(
            api.POST("/api/v1/users", {
              params: { header: { "Idempotency-Key": newKey() } },
              body: { ...newPerson(form), municipality_id: municipality },
            }),
          ),
    { touches: ["users"], onDone: done },
  );
  const options = [
    ...ROLES.map((role) => ({ id: role, name: t(`rolesOf.${role}`) })),
    ...(roles.data ?? []).map((role) => ({ id: roleKey(role.id), name: role.name })),
  ];
  const mayBeLimited = form.role === "technician" || roleOfKey(form.role) !== null;

  return (
    <>
      <Form isBusy={isSaving} onSubmit={() => save(null)} onCancel={done}>
        {!person && (
          <Text label={t("username")} isRequired value={form.username} onChange={(username) => set({ username })} autoComplete="off" />
        )}
        <Text label={t("fullName")} value={form.fullName} onChange={(fullName) => set({ fullName })} autoComplete="off" />
        <Text label={t("email")} type="email" value={form.email} onChange={(email) => set({ email })} autoComplete="off" />
        <Text
          label={person ? t("newPassword") : t("password")}
          hint={person ? t("passwordHint") : t("firstPasswordHint")}
          type="password"
          autoComplete="new-password"
          isRequired={!person}
          value={form.password}
          onChange={(password) => set({ password })}
        />
        {!person?.is_super_admin && (
          <Choice label={t("role")} options={options} value={form.role} onChange={(role) => set({ role })} />
        )}
        {mayBeLimited && (zones.data?.length ?? 0) > 0 && (
          <>
            <Check isSelected={form.zones === null} onChange={(all) => set({ zones: all ? null : [] })}>
              {t("everywhere")}
            </Check>
            {form.zones !== null && (
              <Checks
                label={t("zones")}
                options={(zones.data ?? []).map((zone) => ({ id: String(zone.id), name: zone.name }))}
                value={form.zones}
                onChange={(chosen) => set({ zones: chosen })}
              />
            )}
            <p className={css["hint"]}>{t("zoneHint")}</p>
          </>
        )}
        {person && person.id !== session.person?.id && (
          <Check isSelected={form.enabled} onChange={(enabled) => set({ enabled })}>
            {t("enabled")}
          </Check>
        )}
      </Form>
      {person && <Locks person={person} />}
    </>
  );
}

function newPerson(form: Said): Omit<Schemas["UserIn"], "municipality_id"> {
  const { role, role_id, zone_ids } = changes(form, null);
  return {
    username: form.username,
    password: form.password,
    email: form.email,
    full_name: form.fullName,
    role: role ?? null,
    role_id: role_id ?? null,
    zone_ids: zone_ids ?? null,
  };
}

/** What helps somebody who lost their phone, or whose phone was lost to somebody else. */
function Locks({ person }: { person: Person }): ReactNode {
  const t = useTranslations("people");
  const params = { path: { user: person.id } };
  const factor = useSave((_: null) => data(api.DELETE("/api/v1/users/{user}/totp", { params })), { touches: ["users"] });
  const sessions = useSave((_: null) => data(api.DELETE("/api/v1/users/{user}/sessions", { params })), { touches: [] });
  return (
    <div className={css["locks"]}>
      <Button isDisabled={factor.isSaving} onPress={() => factor.save(null)}>
        {t("resetFactor")}
      </Button>
      <Button isDisabled={sessions.isSaving} onPress={() => sessions.save(null)}>
        {t("endSessions")}
      </Button>
    </div>
  );
}
