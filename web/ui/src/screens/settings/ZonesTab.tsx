import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Edited, tagged } from "@/parts/Edited";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Sheet } from "@/parts/Sheet";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";

type Zone = Schemas["ZoneOut"];
const KINDS = ["dma", "pressure", "service", "supply"] as const satisfies Zone["kind"][];

/** The zones by name; where they lie is drawn on the map. */
export function ZonesTab(): ReactNode {
  const t = useTranslations("settings");
  const app = useTranslations("app");
  const { id } = useMunicipality();
  const may = useMay();
  const format = useFormat();
  const query = { municipality_id: id, limit: 1000 };
  const zones = useQuery({ queryKey: ["zones", id], queryFn: () => data(api.GET("/api/v1/zones", { params: { query } })) });
  const [edited, setEdited] = useState<Zone | null>(null);
  return (
    <Panel title={t("zones")}>
      <Asked of={zones} empty={t("noZones")}>
        {(found) => (
          <Rows
            label={t("zones")}
            rows={found}
            keyOf={(zone) => zone.id}
            columns={[
              { name: t("name"), isHead: true, cell: (zone) => <bdi>{zone.name}</bdi> },
              { name: t("kind"), cell: (zone) => t(`kinds.${zone.kind}`) },
              { name: t("changed"), cell: (zone) => format.dateTime(zone.updated_at) },
            ]}
            {...(may("network.edit") && {
              actions: (zone: Zone) => <Button icon="edit" aria-label={`${app("edit")}: ${zone.name}`} onPress={() => setEdited(zone)} />,
            })}
          />
        )}
      </Asked>
      <Sheet title={edited?.name ?? t("zones")} isOpen={edited !== null} onClose={() => setEdited(null)}>
        {edited && <EditZone id={edited.id} done={() => setEdited(null)} />}
      </Sheet>
    </Panel>
  );
}

function EditZone({ id, done }: { id: number; done: () => void }): ReactNode {
  const t = useTranslations("settings");
  const params = { path: { zone: id } };
  const found = useQuery({ queryKey: ["zones", "one", id], queryFn: () => tagged(api.GET("/api/v1/zones/{zone}", { params })) });
  const change = (body: Pick<Zone, "name" | "kind">, etag: string): Promise<unknown> =>
    data(api.PATCH("/api/v1/zones/{zone}", { params: { ...params, header: { "If-Match": etag } }, body: { ...body, geometry: null } }));
  const removal = useSave((_: null) => data(api.DELETE("/api/v1/zones/{zone}", { params })), { touches: ["zones"], onDone: done });
  return (
    <>
      <Edited of={found} change={change} touches={["zones"]} onDone={done}>
        {(zone, save, isSaving) => <Fields zone={zone} save={save} isSaving={isSaving} done={done} />}
      </Edited>
      <Button kind="danger" icon="trash" isDisabled={removal.isSaving} onPress={() => removal.save(null)}>
        {t("removeZone")}
      </Button>
    </>
  );
}

function Fields({
  zone,
  save,
  isSaving,
  done,
}: {
  zone: Zone;
  save: (said: Pick<Zone, "name" | "kind">) => void;
  isSaving: boolean;
  done: () => void;
}): ReactNode {
  const t = useTranslations("settings");
  const [name, setName] = useState(zone.name);
  const [kind, setKind] = useState<Zone["kind"]>(zone.kind);
  return (
    <Form isBusy={isSaving} onSubmit={() => save({ name, kind })} onCancel={done}>
      <Text label={t("name")} isRequired maxLength={128} value={name} onChange={setName} />
      <Choice label={t("kind")} options={KINDS.map((id) => ({ id, name: t(`kinds.${id}`) }))} value={kind} onChange={setKind} />
    </Form>
  );
}
