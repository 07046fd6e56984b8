import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMay } from "@/api/may";
import { useSession } from "@/api/use-session";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Ago } from "@/parts/Ago";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Sheet } from "@/parts/Sheet";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { useTypeName } from "@/parts/use-type-name";
import { useDoor } from "./doors";
import type { IssuedKey } from "./keys";
import { Issued } from "./Labels";
import css from "./devices.module.css";

type Knock = Schemas["KnockOut"];
const NEWS = 10_000;

/** Devices that report and that nobody knows; one step makes a sensor of each. */
export function KnocksTab(): ReactNode {
  const t = useTranslations("devices");
  const { id } = useMunicipality();
  const may = useMay();
  const format = useFormat();
  const door = useDoor();
  const standing = useSession();
  const isEverywhere = standing.at === "inside" && standing.person.is_super_admin;
  // Of most of them nothing says whose they are: only who asks about all municipalities is shown those.
  const query = { limit: 1000, ...(!isEverywhere && { municipality_id: id }) };
  const knocks = useQuery({
    queryKey: ["knocks", id],
    queryFn: async () => {
      const found = await data(api.GET("/api/v1/devices/knocks", { params: { query } }));
      return found.filter((each) => each.municipality_id === null || each.municipality_id === id);
    },
    refetchInterval: NEWS,
  });
  const [claimed, setClaimed] = useState<Knock | null>(null);
  const [issued, setIssued] = useState<IssuedKey | null>(null);
  const close = (): void => {
    setClaimed(null);
    setIssued(null);
  };
  return (
    <Panel title={t("knocks")}>
      <p className={css["hint"]}>{t("knocksHint")}</p>
      <Asked of={knocks} empty={t("noKnocks")}>
        {(found) => (
          <Rows
            label={t("knocks")}
            rows={found}
            keyOf={(each) => each.id}
            columns={[
              { name: t("device"), isHead: true, cell: (each) => <bdi>{each.device_id}</bdi> },
              { name: t("door"), cell: (each) => door(each.door) },
              { name: t("from"), cell: (each) => <bdi>{each.gateway_device_id ?? each.address}</bdi> },
              { name: t("lastSeen"), cell: (each) => <Ago at={each.last_seen} /> },
              { name: t("count"), cell: (each) => format.number(each.count) },
              { name: t("said"), cell: (each) => <bdi className={css["mono"]}>{each.payload}</bdi> },
            ]}
            {...(may("devices.manage") && {
              actions: (each: Knock) => (
                <Button kind="primary" aria-label={`${t("claim")}: ${each.device_id}`} onPress={() => setClaimed(each)}>
                  {t("claim")}
                </Button>
              ),
            })}
          />
        )}
      </Asked>
      <Sheet title={claimed?.device_id ?? t("claim")} isOpen={claimed !== null} onClose={close} wide={issued !== null}>
        {claimed && !issued && <Claim knock={claimed} onIssued={setIssued} onCancel={close} />}
        {issued && <Issued keys={[issued]} done={close} />}
      </Sheet>
    </Panel>
  );
}

function Claim({ knock, onIssued, onCancel }: { knock: Knock; onIssued: (key: IssuedKey) => void; onCancel: () => void }): ReactNode {
  const t = useTranslations("devices");
  const { id: municipality } = useMunicipality();
  const typeName = useTypeName();
  const types = useQuery({
    queryKey: ["sensor-types"],
    queryFn: () => data(api.GET("/api/v1/sensor-types", { params: { query: { limit: 1000 } } })),
  });
  const [name, setName] = useState(knock.device_id);
  const [type, setType] = useState<string | null>(null);
  const [unit, setUnit] = useState("");
  const usual = types.data?.find((each) => each.code === type)?.unit;
  const { save, isSaving } = useSave(
    (sensorType: string) =>
      data(
        api.POST("/api/v1/devices/knocks/{knock}/claim", {
          params: { path: { knock: knock.id }, header: { "Idempotency-Key": newKey() } },
          body: { name, sensor_type: sensorType, unit: unit || null, device_id: null, channel: null, municipality_id: municipality },
        }),
      ),
    {
      touches: ["knocks", "sensors"],
      onDone: (made) => onIssued({ deviceId: made.device_id, name: made.name, key: made.api_key }),
    },
  );
  return (
    <Form isBusy={isSaving || type === null} submit={t("claim")} onSubmit={() => type !== null && save(type)} onCancel={onCancel}>
      <p className={css["mono"]}>
        <bdi>{knock.payload}</bdi>
      </p>
      <Text label={t("name")} isRequired maxLength={128} autoFocus value={name} onChange={setName} />
      <Choice
        label={t("type")}
        options={(types.data ?? []).map((each) => ({ id: each.code, name: typeName(each) }))}
        value={type}
        onChange={setType}
      />
      <Text label={t("unit")} hint={usual === undefined ? undefined : t("unitHint", { unit: usual || "–" })} value={unit} onChange={setUnit} />
    </Form>
  );
}
