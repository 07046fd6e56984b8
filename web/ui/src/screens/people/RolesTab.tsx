import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { Button } from "@/parts/Button";
import { Checks } from "@/parts/Checks";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Sheet } from "@/parts/Sheet";
import { Empty, Failed, Loading } from "@/parts/states";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { usePermissions, useRoles, type OwnRole } from "./queries";

/** Roles of the municipality's own, made of named permissions. */
export function RolesTab(): ReactNode {
  const t = useTranslations("people");
  const app = useTranslations("app");
  const roles = useRoles();
  const [edited, setEdited] = useState<OwnRole | "new" | null>(null);
  return (
    <Panel
      title={t("roles")}
      actions={
        <Button kind="primary" icon="plus" onPress={() => setEdited("new")}>
          {t("addRole")}
        </Button>
      }
    >
      {roles.isPending && <Loading />}
      {roles.isError && <Failed problem={roles.error} retry={() => void roles.refetch()} />}
      {roles.data?.length === 0 && <Empty>{t("noRoles")}</Empty>}
      {roles.data && roles.data.length > 0 && (
        <Rows
          label={t("roles")}
          rows={roles.data}
          keyOf={(role) => role.id}
          columns={[
            { name: t("name"), isHead: true, cell: (role) => role.name },
            { name: t("description"), cell: (role) => role.description || "–" },
            { name: t("permissions"), cell: (role) => <bdi>{role.permissions.join(", ")}</bdi> },
          ]}
          actions={(role) => <Button icon="edit" aria-label={`${app("edit")}: ${role.name}`} onPress={() => setEdited(role)} />}
        />
      )}
      <Sheet title={edited === "new" || edited === null ? t("addRole") : edited.name} isOpen={edited !== null} onClose={() => setEdited(null)}>
        {edited !== null && <EditRole role={edited === "new" ? null : edited} done={() => setEdited(null)} />}
      </Sheet>
    </Panel>
  );
}

function EditRole({ role, done }: { role: OwnRole | null; done: () => void }): ReactNode {
  const t = useTranslations("people");
  const { id: municipality } = useMunicipality();
  const all = usePermissions();
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [permissions, setPermissions] = useState<string[]>(role?.permissions ?? []);
  const body = { name, description, permissions };
  const { save, isSaving } = useSave(
    (_: null) =>
      role
        ? data(api.PATCH("/api/v1/roles/{role}", { params: { path: { role: role.id } }, body }))
        : data(
            api.POST("/api/v1/roles", {
              params: { header: { "Idempotency-Key": newKey() } },
              body: { ...body, municipality_id: municipality },
            }),
          ),
    { touches: ["roles", "users"], onDone: done },
  );
  const removal = useSave(
    (_: null) => data(api.DELETE("/api/v1/roles/{role}", { params: { path: { role: role?.id ?? 0 } } })),
    { touches: ["roles"], onDone: done },
  );
  const options = (all.data ?? []).filter((each) => each.can_be_given).map((each) => optionOf(each, t("withinZones")));
  return (
    <Form isBusy={isSaving} onSubmit={() => save(null)} onCancel={done}>
      <Text label={t("name")} isRequired value={name} onChange={setName} />
      <Text label={t("description")} value={description} onChange={setDescription} />
      <Checks label={t("permissions")} options={options} value={permissions} onChange={setPermissions} />
      {role && (
        <Button kind="danger" icon="trash" isDisabled={removal.isSaving} onPress={() => removal.save(null)}>
          {t("removeRole")}
        </Button>
      )}
    </Form>
  );
}

function optionOf(permission: Schemas["PermissionOut"], zones: string): { id: string; name: string; hint: string } {
  const hint = permission.within_zones ? `${permission.meaning} (${zones})` : permission.meaning;
  return { id: permission.name, name: permission.name, hint };
}
