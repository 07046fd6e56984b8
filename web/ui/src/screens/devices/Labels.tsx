import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { renderSVG } from "uqr";
import { api, data } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { Button } from "@/parts/Button";
import { Rows } from "@/parts/Rows";
import { saveCsv } from "@/parts/save";
import { Text } from "@/parts/Text";
import { csvOf, labelText, portOf, type Doors, type IssuedKey } from "./keys";
import css from "./devices.module.css";
import sheet from "./Labels.module.css";

/** Keys that are shown this once: to copy, as CSV, and as labels for the devices. */
export function Issued({ keys, done }: { keys: readonly IssuedKey[]; done: () => void }): ReactNode {
  const t = useTranslations("devices");
  const people = useTranslations("people");
  const [said, setSaid] = useState<Partial<Doors>>({});
  const doors: Doors = { ...useDoors(), ...said };
  const set = (change: Partial<Doors>): void => setSaid({ ...said, ...change });
  return (
    <div className={css["stack"]} data-has-labels="">
      <div className={`${css["stack"]} ${sheet["screen"]}`}>
        <p role="status">{people("shownOnce")}</p>
        <div className={css["buttons"]}>
          <Button kind="primary" icon="download" onPress={() => saveCsv("keys.csv", csvOf(keys))}>
            {t("csv")}
          </Button>
          <Button icon="print" onPress={() => print()}>
            {t("print")}
          </Button>
          <Button onPress={done}>{t("forget")}</Button>
        </div>
        <Rows
          label={t("keys")}
          rows={keys}
          keyOf={(each) => each.deviceId}
          columns={[
            { name: t("device"), isHead: true, cell: (each) => <bdi>{each.deviceId}</bdi> },
            { name: t("name"), cell: (each) => <bdi>{each.name || "–"}</bdi> },
            { name: t("key"), cell: (each) => <bdi className={css["key"]}>{each.key}</bdi> },
          ]}
        />
        <h3>{t("labels")}</h3>
        <p className={css["hint"]}>{t("labelsHint")}</p>
        <div className={css["pair"]}>
          <Text label={t("address")} value={doors.url} onChange={(url) => set({ url })} />
          <Text label={t("mqttPort")} inputMode="numeric" value={doors.mqttPort} onChange={(mqttPort) => set({ mqttPort })} />
          <Text label={t("tcpPort")} inputMode="numeric" value={doors.tcpPort} onChange={(tcpPort) => set({ tcpPort })} />
        </div>
      </div>
      <ul className={sheet["labels"]} aria-label={t("labels")}>
        {keys.map((each) => (
          <Label key={each.deviceId} device={each} doors={doors} />
        ))}
      </ul>
    </div>
  );
}

/** Where devices connect, as far as the server knows; what lies between it and them it does not. */
function useDoors(): Doors {
  const { id } = useMunicipality();
  const progress = useQuery({
    queryKey: ["set-up-progress", id],
    queryFn: () => data(api.GET("/api/v1/setup/progress", { params: { query: { municipality_id: id } } })),
  });
  const found: Partial<Record<string, string>> = progress.data?.doors ?? {};
  return { url: location.origin, mqttPort: portOf(found["mqtt"]), tcpPort: portOf(found["tcp"]) };
}

function Label({ device, doors }: { device: IssuedKey; doors: Doors }): ReactNode {
  const t = useTranslations("devices");
  const image = `data:image/svg+xml,${encodeURIComponent(renderSVG(labelText(device, doors), { border: 2 }))}`;
  return (
    <li className={sheet["label"]}>
      <img src={image} alt={t("qrOf", { device: device.deviceId })} />
      <div>
        <strong>
          <bdi>{device.deviceId}</bdi>
        </strong>
        <bdi>{device.name}</bdi>
        <bdi>{doors.url}</bdi>
        {doors.mqttPort && <bdi>MQTT {doors.mqttPort}</bdi>}
        {doors.tcpPort && <bdi>TCP {doors.tcpPort}</bdi>}
        <bdi className={css["mono"]}>{device.key}</bdi>
      </div>
    </li>
  );
}
