import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { raw, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { Rows } from "@/parts/Rows";
import { saveCsv } from "@/parts/save";
import { Failed } from "@/parts/states";
import { keysFile, placesIn, TEMPLATE, type Place } from "./csv";
import type { Key } from "./keys";
import { PickFile } from "./PickFile";
import { Preview } from "./Preview";
import type { Progress } from "./steps";
import css from "./Wizard.module.css";

type Imported = Schemas["Imported"];
const SHOWN = 20;

/** Sensors from a table: what would come of it, line by line, and then the keys of their devices. */
export function StepSensors({ progress, keys, onKeys }: { progress: Progress; keys: readonly Key[]; onKeys: (keys: Key[]) => void }): ReactNode {
  const t = useTranslations("setUp.sensors");
  const format = useFormat();
  const [file, setFile] = useState<File | null>(null);
  const [places, setPlaces] = useState<Place[]>([]);
  const { look, take } = useSensorFile((taken) => {
    onKeys(taken.added.map((one) => ({ device_id: one.name, sensor_id: one.id, api_key: one.api_key })));
    setFile(null);
  });
  const open = (chosen: File): void => {
    setFile(chosen);
    take.reset();
    void chosen.text().then((text) => setPlaces(placesIn(text)));
    look.mutate(chosen);
  };
  const found = file && !look.isPending ? look.data : undefined;
  return (
    <>
      <p>{t("about")}</p>
      {/* Not above the keys, which it would push away under the pointer when it comes. */}
      {progress.sensors > 0 && keys.length === 0 && <p className={css["told"]}>{t("there", { count: progress.sensors })}</p>}
      <div className={css["buttons"]}>
        <PickFile label={t("choose")} ends={[".csv", "text/csv"]} isBusy={look.isPending || take.isPending} onFile={open} />
        <Button icon="download" onPress={() => saveCsv("sensors.csv", TEMPLATE)}>
          {t("template")}
        </Button>
      </div>
      {look.isError && <Failed problem={look.error} />}
      {found && (
        <section className={css["body"]} aria-label={t("preview")}>
          <p role="status">{t("found", { added: found.figures["added"] ?? 0, refused: found.figures["refused"] ?? 0 })}</p>
          <Refused found={found} />
          <Preview label={t("drawing")} points={places} />
          {take.isError && <Failed problem={take.error} />}
          <Button kind="primary" isDisabled={take.isPending || found.added.length === 0} onPress={() => file && take.mutate(file)}>
            {t("take", { count: found.figures["added"] ?? 0 })}
          </Button>
        </section>
      )}
      {keys.length > 0 && (
        <section className={css["body"]} aria-label={t("keys")}>
          <p className={css["told"]} role="status">
            {t("keysAbout")}
          </p>
          <Button kind="primary" icon="download" onPress={() => saveCsv("keys.csv", keysFile(keys))}>
            {t("download")}
          </Button>
          <div className={css["keys"]}>
            <Rows
              label={t("keys")}
              rows={keys.slice(0, SHOWN)}
              keyOf={(row) => row.sensor_id}
              columns={[
                { name: t("device"), isHead: true, cell: (row) => <bdi>{row.device_id}</bdi> },
                { name: t("key"), cell: (row) => <code>{row.api_key}</code> },
              ]}
            />
          </div>
          {keys.length > SHOWN && <p className={css["hint"]}>{t("more", { count: format.number(keys.length - SHOWN) })}</p>}
        </section>
      )}
    </>
  );
}

function Refused({ found }: { found: Imported }): ReactNode {
  const t = useTranslations("setUp.sensors");
  if (found.refused.length === 0) return null;
  return (
    <div className={css["keys"]}>
      <Rows
        label={t("refused")}
        rows={found.refused.slice(0, SHOWN)}
        keyOf={(row) => row.line}
        columns={[
          { name: t("line"), isHead: true, cell: (row) => row.line },
          { name: t("reason"), cell: (row) => <bdi>{row.reason}</bdi> },
          { name: t("excerpt"), cell: (row) => <bdi>{row.excerpt}</bdi> },
        ]}
      />
    </div>
  );
}

/** The call that tries, and the one that takes the good lines. */
function useSensorFile(onTaken: (taken: Imported) => void) {
  const { id } = useMunicipality();
  const queries = useQueryClient();
  const send = async (file: File, isLook: boolean): Promise<Imported> => {
    const asked = `municipality_id=${id}&dry_run=${isLook}&partial=true`;
    const headers = { "Content-Type": "text/csv" };
    return (await raw(`/api/v1/imports/sensors?${asked}`, { method: "POST", body: file, headers })).json() as Promise<Imported>;
  };
  const look = useMutation({ mutationFn: (file: File) => send(file, true) });
  const take = useMutation({
    mutationFn: (file: File) => send(file, false),
    onSuccess: async (taken) => {
      onTaken(taken);
      await queries.invalidateQueries();
    },
  });
  return { look, take };
}
