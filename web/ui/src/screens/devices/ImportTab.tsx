import { useState, type ReactNode } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslations } from "use-intl";
import { raw, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { Check } from "@/parts/Checks";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { rowsOf } from "./keys";
import { Issued } from "./Labels";
import css from "./devices.module.css";

type Imported = Schemas["Imported"];
const EXAMPLE = "device_id,name,sensor_type,unit,latitude,longitude";

/** Sensors of a CSV file: first what would happen, then all of them with their keys. */
export function ImportTab(): ReactNode {
  const t = useTranslations("devices");
  const { id } = useMunicipality();
  const [text, setText] = useState("");
  const [isPartial, setPartial] = useState(false);
  const [tried, setTried] = useState<Imported | null>(null);
  const { save, isSaving } = useSave(
    async (isTrial: boolean): Promise<Imported> => {
      const query = `municipality_id=${id}&dry_run=${isTrial}&partial=${isPartial}`;
      const headers = { "Content-Type": "text/csv", ...(!isTrial && { "Idempotency-Key": newKey() }) };
      return (await raw(`/api/v1/imports/sensors?${query}`, { method: "POST", headers, body: text })).json() as Promise<Imported>;
    },
    { touches: ["sensors"], onDone: setTried },
  );
  const write = (csv: string): void => {
    setText(csv);
    setTried(null);
  };
  if (tried?.done) {
    const keys = tried.added.map((each) => ({ deviceId: deviceOf(text, each), name: each.name, key: each.api_key }));
    return (
      <Panel title={t("import")}>
        <Outcome found={tried} />
        <Issued keys={keys} done={() => write("")} />
      </Panel>
    );
  }
  const isReady = tried !== null && (tried.refused.length === 0 || isPartial);
  return (
    <Panel title={t("import")}>
      <Form isBusy={isSaving || text.trim() === ""} submit={isReady ? t("importNow") : t("tryOut")} onSubmit={() => save(!isReady)}>
        <p className={css["hint"]}>{t("importHint")}</p>
        <p className={css["mono"]}>
          <bdi>{EXAMPLE}</bdi>
        </p>
        <Text label={t("csvText")} lines={8} value={text} onChange={write} />
        <div className={css["buttons"]}>
          <FileTrigger acceptedFileTypes={[".csv"]} onSelect={(files) => void files?.[0]?.text().then(write)}>
            <Button icon="upload">{t("file")}</Button>
          </FileTrigger>
        </div>
        <Check isSelected={isPartial} onChange={setPartial}>
          {t("partial")}
        </Check>
        {tried && <Outcome found={tried} />}
      </Form>
    </Panel>
  );
}

/** The device of a line of the file; the answer names line and sensor. */
function deviceOf(text: string, added: Schemas["TakenLine"]): string {
  const rows = rowsOf(text);
  return rows[added.line - 1]?.[rows[0]?.indexOf("device_id") ?? -1] ?? added.name;
}

function Outcome({ found }: { found: Imported }): ReactNode {
  const t = useTranslations("devices");
  const format = useFormat();
  return (
    <div className={css["stack"]} role="status">
      <p>{t(found.done ? "imported" : "wouldBe", { added: found.added.length, refused: found.refused.length })}</p>
      {found.refused.length > 0 && (
        <Rows
          label={t("refused")}
          rows={found.refused}
          keyOf={(each) => each.line}
          columns={[
            { name: t("line"), isHead: true, cell: (each) => format.number(each.line) },
            { name: t("why"), cell: (each) => each.reason },
            { name: t("said"), cell: (each) => <bdi className={css["mono"]}>{each.excerpt}</bdi> },
          ]}
        />
      )}
    </div>
  );
}
