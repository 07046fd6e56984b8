import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useSearchParams } from "wouter";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Sheet } from "@/parts/Sheet";
import { Empty, Failed, Loading } from "@/parts/states";
import { EditPerson } from "./EditPerson";
import { usePeople, useRoles, useZones, type Person } from "./queries";

/** Everybody of the municipality, and what each may do. */
export function PeopleTab(): ReactNode {
  const t = useTranslations("people");
  const app = useTranslations("app");
  const people = usePeople();
  const roles = useRoles();
  const zones = useZones();
  const [opened, setOpened] = useState<Person | "new" | null>(null);
  const [said, say] = useSearchParams();
  // Whom the address names: who comes by the palette or reloads finds them open.
  const named = people.data?.find((person) => String(person.id) === said.get("person"));
  const edited = opened ?? named ?? null;
  const setEdited = (person: Person | "new" | null): void => {
    setOpened(person === "new" ? person : null);
    say((before) => {
      const after = new URLSearchParams(before);
      if (person === null || person === "new") after.delete("person");
      else after.set("person", String(person.id));
      return after;
    }, { replace: true });
  };

  const roleOf = (person: Person): string =>
    roles.data?.find((role) => role.id === person.role_id)?.name ?? t(`rolesOf.${person.role}`);
  const zonesOf = (person: Person): string =>
    person.zone_ids === null
      ? t("everywhere")
      : person.zone_ids.map((id) => zones.data?.find((zone) => zone.id === id)?.name ?? String(id)).join(", ");

  return (
    <Panel
      title={t("people")}
      actions={
        <Button kind="primary" icon="plus" onPress={() => setEdited("new")}>
          {t("add")}
        </Button>
      }
    >
      {people.isPending && <Loading />}
      {people.isError && <Failed problem={people.error} retry={() => void people.refetch()} />}
      {people.data?.length === 0 && <Empty>{t("none")}</Empty>}
      {people.data && people.data.length > 0 && (
        <Rows
          label={t("people")}
          rows={people.data}
          keyOf={(person) => person.id}
          columns={[
            { name: t("username"), isHead: true, cell: (person) => <bdi>{person.username}</bdi> },
            { name: t("fullName"), cell: (person) => person.full_name || "–" },
            { name: t("email"), cell: (person) => <bdi>{person.email || "–"}</bdi> },
            { name: t("role"), cell: roleOf },
            { name: t("zones"), cell: zonesOf },
            { name: t("state"), cell: (person) => (person.enabled ? t("enabled") : t("disabled")) },
          ]}
          actions={(person) => (
            <Button icon="edit" aria-label={`${app("edit")}: ${person.username}`} onPress={() => setEdited(person)} />
          )}
        />
      )}
      <Sheet
        title={edited === "new" || edited === null ? t("add") : edited.username}
        isOpen={edited !== null}
        onClose={() => setEdited(null)}
      >
        {edited !== null && <EditPerson person={edited === "new" ? null : edited} done={() => setEdited(null)} />}
      </Sheet>
    </Panel>
  );
}
