import { useState, type ReactNode } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { useSensors } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { idsOf, type IssuedKey } from "./keys";
import { Issued } from "./Labels";
import css from "./devices.module.css";

const HOUR = 3600;
const OVERLAPS = { none: 0, hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR } as const;
type Overlap = keyof typeof OVERLAPS;

interface Outcome {
  keys: IssuedKey[];
  refused: { device_id: string; problem: string }[];
}

/** New keys for one device or many; the old ones go on working for a while. */
export function KeysTab(): ReactNode {
  const t = useTranslations("devices");
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  return (
    <Panel title={t("keys")}>
      {outcome ? (
        <div className={css["stack"]}>
          {outcome.refused.length > 0 && (
            <Rows
              label={t("refused")}
              rows={outcome.refused}
              keyOf={(each) => each.device_id}
              columns={[
                { name: t("device"), isHead: true, cell: (each) => <bdi>{each.device_id}</bdi> },
                { name: t("refused"), cell: (each) => each.problem },
              ]}
            />
          )}
          {outcome.keys.length > 0 ? (
            <Issued keys={outcome.keys} done={() => setOutcome(null)} />
          ) : (
            <Button onPress={() => setOutcome(null)}>{t("back")}</Button>
          )}
        </div>
      ) : (
        <Ask onDone={setOutcome} />
      )}
    </Panel>
  );
}

function Ask({ onDone }: { onDone: (outcome: Outcome) => void }): ReactNode {
  const t = useTranslations("devices");
  const { id: municipality } = useMunicipality();
  const sensors = useSensors();
  const [text, setText] = useState("");
  const [overlap, setOverlap] = useState<Overlap>("day");
  const ids = idsOf(text);
  const { save, isSaving } = useSave(
    (_: null) =>
      data(
        api.POST("/api/v1/devices/keys", {
          params: { header: { "Idempotency-Key": newKey() } },
          body: { device_ids: ids, old_valid_for_seconds: OVERLAPS[overlap], municipality_id: municipality },
        }),
      ),
    {
      touches: ["sensor-keys"],
      onDone: (issued) => {
        if (!Array.isArray(issued)) return;
        const nameOf = new Map(sensors.map((each) => [each.device_id, each.name]));
        onDone({
          keys: issued.flatMap((each) =>
            each.api_key === null ? [] : [{ deviceId: each.device_id, name: nameOf.get(each.device_id) ?? "", key: each.api_key }],
          ),
          refused: issued.filter((each) => each.api_key === null),
        });
      },
    },
  );
  return (
    <Form isBusy={isSaving || ids.length === 0} submit={t("issue", { count: ids.length })} onSubmit={() => save(null)}>
      <p className={css["hint"]}>{t("keysHint")}</p>
      <Text label={t("ids")} hint={t("idsHint")} lines={6} value={text} onChange={setText} />
      <div className={css["buttons"]}>
        <FileTrigger acceptedFileTypes={[".csv", ".txt"]} onSelect={(files) => void files?.[0]?.text().then(setText)}>
          <Button icon="upload">{t("file")}</Button>
        </FileTrigger>
        <Button onPress={() => setText(sensors.map((each) => each.device_id).join("\n"))} isDisabled={sensors.length === 0}>
          {t("all")}
        </Button>
      </div>
      <Choice
        label={t("overlap")}
        options={(Object.keys(OVERLAPS) as Overlap[]).map((each) => ({ id: each, name: t(`overlaps.${each}`) }))}
        value={overlap}
        onChange={setOverlap}
      />
    </Form>
  );
}
