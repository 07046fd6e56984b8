import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useTranslations } from "use-intl";
import type { Schemas } from "@/api/client";
import { SEVERITIES, type Severity } from "@/live/situation";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { PickSensor } from "@/parts/PickSensor";
import { Sheet } from "@/parts/Sheet";
import { Text } from "@/parts/Text";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { useChange } from "./change";
import type { Whole } from "./data";
import { usePosition } from "./position";
import css from "./Form.module.css";

/** Change what an incident says of itself. */
export function Edit({ whole, onClose }: { whole: Whole; onClose: () => void }): ReactNode {
  const titleOf = useTitle();
  const why = useReason();
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const { incident } = whole;
  const [title, setTitle] = useState(titleOf(incident));
  const [severity, setSeverity] = useState<Severity>(incident.severity);
  const [description, setDescription] = useState(why(incident));
  const [notes, setNotes] = useState(incident.notes);
  const [sensor, setSensor] = useState(incident.sensor_id);
  const here = usePosition();
  // As it was when the form opened: what is told live meanwhile is not what these fields were written for.
  const [seen] = useState(whole);
  const { change, isBusy } = useChange(seen);
  const save = (): void => {
    change({
      // What Weir has said stays its own, so that everybody reads it in their language.
      title: title === titleOf(incident) ? incident.title : title.trim(),
      severity,
      description: description === why(incident) ? incident.description : description,
      notes, sensor_id: sensor,
      ...(here.position && { location: here.position }),
    } as Schemas["IncidentChange"]);
    onClose();
  };
  return (
    <Sheet title={t("editing")} isOpen onClose={onClose}>
      <Form className={css["form"] ?? ""} onSubmit={(event) => { event.preventDefault(); save(); }}>
        <Text label={t("what")} value={title} onChange={setTitle} isRequired maxLength={300} />
        <Choice label={t("severity")} value={severity} onChange={setSeverity} options={SEVERITIES.map((id) => ({ id, name: app(`severity.${id}`) }))} />
        <Text label={t("description")} lines={4} value={description} onChange={setDescription} maxLength={10_000} />
        <Text label={t("notes")} lines={4} value={notes} onChange={setNotes} maxLength={10_000} />
        <PickSensor label={t("sensor")} value={sensor} onChange={setSensor} />
        {here.standing !== "unsupported" && (
          <div className={css["where"]}>
            <Button icon="pin" onPress={here.ask} isDisabled={here.standing === "asking"}>{t("setHere")}</Button>
            <span>{here.position ? t("coordinates", { lat: here.position.coordinates[1] ?? 0, lon: here.position.coordinates[0] ?? 0 }) : t(`positions.${here.standing}`)}</span>
          </div>
        )}
        <div className={css["buttons"]}>
          <Button kind="primary" type="submit" isDisabled={isBusy}>{app("save")}</Button>
          <Button onPress={onClose}>{app("cancel")}</Button>
        </div>
      </Form>
    </Sheet>
  );
}
