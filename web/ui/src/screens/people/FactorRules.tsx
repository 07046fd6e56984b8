import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { Checks } from "@/parts/Checks";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Failed, Loading } from "@/parts/states";
import { useSave } from "@/parts/use-save";
import { ROLES, type Role } from "./queries";

/** Which roles must have a second factor. */
export function FactorRules(): ReactNode {
  const t = useTranslations("people");
  const { id } = useMunicipality();
  const query = { municipality_id: id };
  const rules = useQuery({
    queryKey: ["factor-rules", id],
    queryFn: () => data(api.GET("/api/v1/auth/rules", { params: { query } })),
  });
  return (
    <Panel title={t("secondFactor")}>
      {rules.isPending && <Loading />}
      {rules.isError && <Failed problem={rules.error} retry={() => void rules.refetch()} />}
      {rules.data && <Edit key={JSON.stringify(rules.data)} rules={rules.data} />}
    </Panel>
  );
}

function Edit({ rules }: { rules: Schemas["FactorRulesOut"] }): ReactNode {
  const t = useTranslations("people");
  const { id } = useMunicipality();
  const may = useMay();
  const [roles, setRoles] = useState<Role[]>(rules.totp_roles);
  const { save, isSaving } = useSave(
    (_: null) => data(api.PUT("/api/v1/auth/rules", { params: { query: { municipality_id: id } }, body: { totp_roles: roles } })),
    { touches: ["factor-rules"] },
  );
  const options = ROLES.map((role) => {
    const isEverywhere = rules.totp_roles_everywhere.includes(role);
    return { id: role, name: t(`rolesOf.${role}`), ...(isEverywhere && { hint: t("everywhereRequired") }) };
  });
  return (
    <Form isBusy={isSaving || !may("settings.manage")} onSubmit={() => save(null)}>
      <Checks label={t("mustHave")} options={options} value={roles.filter((role) => (ROLES as readonly Role[]).includes(role)) as (typeof ROLES)[number][]} onChange={setRoles} />
    </Form>
  );
}
