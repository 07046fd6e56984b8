import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, now, type Schemas } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Edited, tagged } from "@/parts/Edited";
import { Ago } from "@/parts/Ago";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Empty } from "@/parts/states";
import { Text } from "@/parts/Text";
import css from "./devices.module.css";

type Limits = Schemas["LimitsOut"];
type Pace = Schemas["PaceBody"];

/** How much devices may send, and which of them sent more. */
export function LimitsTab(): ReactNode {
  const t = useTranslations("devices");
  const { id } = useMunicipality();
  const found = useQuery({
    queryKey: ["limits", id],
    queryFn: () => tagged(api.GET("/api/v1/devices/limits", { params: { query: { municipality_id: id } } })),
  });
  const change = (body: Schemas["LimitsIn"], etag: string): Promise<unknown> =>
    data(api.PUT("/api/v1/devices/limits", { params: { header: { "If-Match": etag } }, body }));
  return (
    <>
      <Panel title={t("limits")}>
        <Edited of={found} change={change} touches={["limits"]}>
          {(limits, save, isSaving) => <Edit limits={limits} save={save} isSaving={isSaving} />}
        </Edited>
      </Panel>
      {found.data && <HeldBack held={found.data.value.held_back ?? []} />}
    </>
  );
}

function Edit({ limits, save, isSaving }: { limits: Limits; save: (body: Schemas["LimitsIn"]) => void; isSaving: boolean }): ReactNode {
  const t = useTranslations("devices");
  const { id } = useMunicipality();
  const mayAll = useMay()("system.administer");
  const [device, setDevice] = useState(limits.device);
  const [total, setTotal] = useState(limits.total);
  return (
    <Form isBusy={isSaving} onSubmit={() => save({ device, total: mayAll ? total : null, municipality_id: id })}>
      <p className={css["hint"]}>{t("limitsHint")}</p>
      <PaceFields label={t("eachDevice")} pace={device} onChange={setDevice} />
      {mayAll && <PaceFields label={t("allDevices")} pace={total} onChange={setTotal} />}
    </Form>
  );
}

function PaceFields({ label, pace, onChange }: { label: string; pace: Pace; onChange: (pace: Pace) => void }): ReactNode {
  const t = useTranslations("devices");
  return (
    <div className={css["pair"]}>
      <Text
        label={`${label}: ${t("perSecond")}`}
        type="number"
        isRequired
        value={String(pace.messages_per_second)}
        onChange={(text) => onChange({ ...pace, messages_per_second: Number(text) })}
      />
      <Text
        label={`${label}: ${t("burst")}`}
        type="number"
        isRequired
        value={String(pace.burst)}
        onChange={(text) => onChange({ ...pace, burst: Math.round(Number(text)) })}
      />
    </div>
  );
}

function HeldBack({ held }: { held: Schemas["HeldBackOut"][] }): ReactNode {
  const t = useTranslations("devices");
  const format = useFormat();
  return (
    <Panel title={t("heldBack")}>
      {held.length === 0 ? (
        <Empty>{t("nobodyHeld")}</Empty>
      ) : (
        <Rows
          label={t("heldBack")}
          rows={held}
          keyOf={(each) => each.device_id}
          columns={[
            { name: t("device"), isHead: true, cell: (each) => <bdi>{each.device_id}</bdi> },
            { name: t("times"), cell: (each) => format.number(each.times) },
            { name: t("lastSeen"), cell: (each) => <Ago at={now() - each.seconds_ago * 1000} /> },
          ]}
        />
      )}
    </Panel>
  );
}
