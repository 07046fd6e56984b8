import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, now } from "@/api/client";
import { newKey } from "@/api/keys";
import { usePreferences } from "@/app/preferences";
import { Button } from "@/parts/Button";
import { Sheet } from "@/parts/Sheet";
import { Failed } from "@/parts/states";
import { Text } from "@/parts/Text";
import { tellDone } from "@/parts/toasts";
import { fromField, toField } from "../one/Spans";
import css from "../one/Sensor.module.css";

const HOUR = 3_600_000;

/** Take a sensor out of service until a moment: it raises no alarms meanwhile, and comes back by itself. */
export function OutOfService({ sensor, onClose }: { sensor: number; onClose: () => void }): ReactNode {
  const t = useTranslations("sensors");
  const queries = useQueryClient();
  const { timeZone } = usePreferences();
  const [work, setWork] = useState("");
  const [until, setUntil] = useState(() => toField(now() + 4 * HOUR, timeZone));
  const [key] = useState(() => newKey());
  const end = fromField(until, timeZone);
  const save = useMutation({
    mutationFn: () => data(api.POST("/api/v1/maintenance", {
      params: { header: { "Idempotency-Key": key } },
      body: {
        sensor_id: sensor, work, status: "in_progress", notes: "", done_at: null, planned_for: null, due_at: null,
        assigned_to: null, repeat_days: null, pipeline_id: null, asset_id: null, municipality_id: null,
        out_of_service: { from: new Date(now()).toISOString(), to: new Date(end).toISOString() },
      },
    })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["marks", sensor] });
      tellDone(t("service.done"));
      onClose();
    },
  });
  return (
    <Sheet title={t("service.title")} isOpen onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <p>{t("service.what")}</p>
        <Text label={t("service.why")} value={work} onChange={setWork} isRequired autoFocus />
        <Text label={t("service.until")} type="datetime-local" value={until} onChange={setUntil} isRequired hint={t("inZone", { zone: timeZone })} />
        {save.error && <Failed problem={save.error} />}
        <Button kind="primary" type="submit" isDisabled={save.isPending || !(end > now())}>{t("service.button")}</Button>
      </form>
    </Sheet>
  );
}
