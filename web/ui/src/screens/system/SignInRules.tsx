import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { Asked } from "@/parts/Asked";
import { Checks } from "@/parts/Checks";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { useSave } from "@/parts/use-save";
import css from "./system.module.css";

type Rules = Schemas["SystemRulesOut"];
type Role = Schemas["Role"];

const ROLES = ["super_admin", "admin", "operator", "technician", "viewer"] as const satisfies Role[];
const SECOND = 1000;

/** Who needs a second factor in every municipality, and how long signing in lasts. */
export function SignInRules(): ReactNode {
  const t = useTranslations("system");
  const rules = useQuery({ queryKey: ["factor-rules", "everywhere"], queryFn: () => data(api.GET("/api/v1/admin/auth/rules")) });
  return (
    <Panel title={t("signIn")}>
      <Asked of={rules}>
        {(found) => (
          <div className={css["narrow"]}>
            <Edit key={found.totp_roles_everywhere.join()} rules={found} />
            <Lengths rules={found} />
          </div>
        )}
      </Asked>
    </Panel>
  );
}

function Edit({ rules }: { rules: Rules }): ReactNode {
  const t = useTranslations("system");
  const people = useTranslations("people");
  const before = ROLES.filter((role) => rules.totp_roles_everywhere.includes(role));
  const [roles, setRoles] = useState<(typeof ROLES)[number][]>(before);
  const { save, isSaving } = useSave((said: Role[]) => data(api.PUT("/api/v1/admin/auth/rules", { body: { totp_roles: said } })), {
    touches: ["factor-rules"],
  });
  const options = ROLES.map((role) => ({ id: role, name: role === "super_admin" ? t("superAdmin") : people(`rolesOf.${role}`) }));
  return (
    <Form isBusy={isSaving} onSubmit={() => save(roles)}>
      <Checks label={t("factorEverywhere")} options={options} value={roles} onChange={setRoles} />
      <p className={css["hint"]}>{t("factorHint")}</p>
    </Form>
  );
}

function Lengths({ rules }: { rules: Rules }): ReactNode {
  const t = useTranslations("system");
  const format = useFormat();
  const lasts = (seconds: number): string => format.duration(seconds * SECOND);
  return (
    <>
      <h3>{t("lengths")}</h3>
      <ul>
        <li>{t("sessionLasts", { time: lasts(rules.session_seconds) })}</li>
        <li>{t("accessLasts", { time: lasts(rules.access_token_seconds) })}</li>
        <li>{t("mostSessions", { count: rules.most_sessions })}</li>
        <li>{t("passwordLength", { count: rules.shortest_password })}</li>
      </ul>
      <p className={css["hint"]}>{t("lengthsHint")}</p>
    </>
  );
}
