import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Form } from "@/parts/Form";
import { Failed, Loading } from "@/parts/states";
import { Text } from "@/parts/Text";
import { tellDone } from "@/parts/toasts";
import { useSave } from "@/parts/use-save";
import { useTypeName } from "@/parts/use-type-name";
import { curl, doorOf, isOnlyHere, mosquitto } from "./commands";
import type { Key } from "./keys";
import type { Progress } from "./steps";
import { useTownPlace } from "./use-progress";
import css from "./Wizard.module.css";

type Sensor = Omit<Schemas["SensorWithKey"], "api_key">;
const MOST = 200;
const EVERY = 1500;

interface Props {
  progress: Progress;
  keys: readonly Key[];
  onKeys: (keys: Key[]) => void;
}

/** The first device: what it must send, and its reading the moment it is there. */
export function StepDevice({ progress, keys, onKeys }: Props): ReactNode {
  const t = useTranslations("setUp.device");
  const { id } = useMunicipality();
  const query = { municipality_id: id, limit: MOST };
  const sensors = useQuery({ queryKey: ["sensors", id, "first"], queryFn: () => data(api.GET("/api/v1/sensors", { params: { query } })) });
  const [chosen, setChosen] = useState<number | null>(null);
  const [isAdding, setAdding] = useState(false);
  if (sensors.isPending) return <Loading />;
  if (sensors.isError) return <Failed problem={sensors.error} retry={() => void sensors.refetch()} />;
  const known = (key: Key): boolean => sensors.data.some((each) => each.id === key.sensor_id);
  const wanted = chosen ?? keys.find(known)?.sensor_id ?? sensors.data[0]?.id;
  const sensor = sensors.data.find((each) => each.id === wanted);
  const added = (key: Key): void => {
    onKeys([...keys, key]);
    setChosen(key.sensor_id);
    setAdding(false);
  };
  return (
    <>
      <p>{t("about")}</p>
      {sensors.data.length > 0 && (
        <div className={css["buttons"]}>
          <Choice
            label={t("which")}
            options={sensors.data.map((each) => ({ id: String(each.id), name: `${each.name} · ${each.device_id}` }))}
            value={sensor ? String(sensor.id) : null}
            onChange={(key) => setChosen(Number(key))}
          />
          <Button icon="plus" onPress={() => setAdding(!isAdding)}>
            {t("another")}
          </Button>
        </div>
      )}
      {(isAdding || sensors.data.length === 0) && <Add added={added} />}
      {sensor && !isAdding && (
        <First key={sensor.id} sensor={sensor} progress={progress} apiKey={keys.find((each) => each.sensor_id === sensor.id)?.api_key ?? null} onKey={added} />
      )}
    </>
  );
}

function Add({ added }: { added: (key: Key) => void }): ReactNode {
  const t = useTranslations("setUp.device");
  const { id } = useMunicipality();
  const { place } = useTownPlace();
  const typeName = useTypeName();
  const types = useQuery({ queryKey: ["sensor-types"], queryFn: () => data(api.GET("/api/v1/sensor-types")) });
  const [said, setSaid] = useState({ device_id: "", name: "", sensor_type: "pressure" });
  const [once, setOnce] = useState(newKey);
  const { save, isSaving } = useSave(
    (_: null) =>
      data(
        api.POST("/api/v1/sensors", {
          params: { header: { "Idempotency-Key": once } },
          body: { ...said, municipality_id: id, ...(place && { location: { type: "Point" as const, coordinates: [...place] } }) } as Schemas["SensorIn"],
        }),
      ),
    {
      touches: ["sensors", "setup-progress"],
      onDone: (made) => added({ device_id: made.device_id, sensor_id: made.id, api_key: made.api_key }),
    },
  );
  const set = (change: Partial<typeof said>): void => {
    setSaid({ ...said, ...change });
    setOnce(newKey());
  };
  return (
    <Form onSubmit={() => save(null)} isBusy={isSaving} submit={t("add")}>
      <Text label={t("deviceId")} hint={t("deviceIdHint")} isRequired value={said.device_id} onChange={(device_id) => set({ device_id })} />
      <Text label={t("name")} isRequired value={said.name} onChange={(name) => set({ name })} />
      <Choice
        label={t("type")}
        options={(types.data ?? []).map((each) => ({ id: each.code, name: `${typeName(each)} (${each.unit})` }))}
        value={said.sensor_type}
        onChange={(sensor_type) => set({ sensor_type })}
      />
    </Form>
  );
}

function First({ sensor, progress, apiKey, onKey }: { sensor: Sensor; progress: Progress; apiKey: string | null; onKey: (key: Key) => void }): ReactNode {
  const t = useTranslations("setUp.device");
  const rotate = useSave(
    (_: null) =>
      data(api.POST("/api/v1/sensors/{sensor}/rotate-key", { params: { path: { sensor: sensor.id } }, body: { old_valid_for_seconds: 86_400 } })),
    { touches: [], onDone: (made) => onKey({ device_id: made.device_id, sensor_id: made.id, api_key: made.api_key }) },
  );
  const door = doorOf(progress.doors["mqtt"] ?? "");
  const device = { name: sensor.device_id, key: apiKey ?? "…", unit: sensor.unit };
  return (
    <>
      {apiKey === null ? (
        <div className={css["told"]}>
          <p>{t("noKey")}</p>
          <Button isDisabled={rotate.isSaving} onPress={() => rotate.save(null)}>
            {t("newKey")}
          </Button>
        </div>
      ) : (
        <>
          {door.port && <Command label={t("mqtt")} text={mosquitto(location.hostname, door.port, device)} />}
          <Command label={t("http")} text={curl(location.origin, device)} />
          {door.port && isOnlyHere(door.host) && <p className={css["told"]}>{t("onlyHere")}</p>}
        </>
      )}
      <Arrival sensor={sensor} />
    </>
  );
}

function Command({ label, text }: { label: string; text: string }): ReactNode {
  const t = useTranslations("setUp.device");
  return (
    <section className={css["body"]} aria-label={label}>
      <h3>{label}</h3>
      <pre className={css["command"]} dir="ltr">
        {text}
      </pre>
      {navigator.clipboard && (
        <Button onPress={() => void navigator.clipboard.writeText(text).then(() => tellDone(t("copied")), () => undefined)}>{t("copy")}</Button>
      )}
    </section>
  );
}

/** Waits for a reading and shows it; what was there before counts as well, with its age. */
function Arrival({ sensor }: { sensor: Sensor }): ReactNode {
  const t = useTranslations("setUp.device");
  const format = useFormat();
  const path = { sensor: sensor.id };
  const { data: now = sensor } = useQuery({
    queryKey: ["sensor", sensor.id, "first"],
    queryFn: () => data(api.GET("/api/v1/sensors/{sensor}", { params: { path } })),
    refetchInterval: EVERY,
  });
  return (
    <div className={css["told"]} role="status">
      {now.last_reading_at ? (
        <>
          <p>{t("arrived")}</p>
          <p className={css["value"]}>
            <bdi>{format.value(now.last_reading, now.unit)}</bdi>
          </p>
          <Ago at={now.last_reading_at} />
        </>
      ) : (
        <p>{t("waiting", { name: now.name })}</p>
      )}
    </div>
  );
}
