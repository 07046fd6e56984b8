import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useSituation } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Sheet } from "@/parts/Sheet";
import { Failed } from "@/parts/states";
import { Text } from "@/parts/Text";
import { tellDone } from "@/parts/toasts";
import type { Detail } from "../one/SensorScreen";
import css from "../one/Sensor.module.css";

const STATUSES = ["active", "maintenance", "faulty", "inactive"] as const satisfies Schemas["SensorStatus"][];

interface Draft {
  name: string;
  min: string;
  max: string;
  latitude: string;
  longitude: string;
  status: Schemas["SensorStatus"];
}

function draftOf(detail: Detail): Draft {
  const text = (value: number | null | undefined): string => (value === null || value === undefined ? "" : String(value));
  const [longitude, latitude] = detail.location?.coordinates ?? [];
  const { min, max } = detail.threshold_config;
  return { name: detail.name, min: text(min), max: text(max), latitude: text(latitude), longitude: text(longitude), status: detail.status };
}

/** A number as people type it; null where nothing stands. */
export function numberOf(text: string): number | null {
  const trimmed = text.trim().replace(",", ".");
  return trimmed === "" ? null : Number(trimmed);
}

/** Only what was changed, so that somebody else's change of something else stays. */
export function patchOf(before: Draft, after: Draft): Schemas["SensorPatch"] {
  const patch: Schemas["SensorPatch"] = {};
  if (after.name !== before.name) patch.name = after.name;
  if (after.status !== before.status) patch.status = after.status;
  if (after.min !== before.min || after.max !== before.max) patch.threshold_config = { min: numberOf(after.min), max: numberOf(after.max) };
  if (after.latitude !== before.latitude || after.longitude !== before.longitude) {
    const [longitude, latitude] = [numberOf(after.longitude), numberOf(after.latitude)];
    patch.location = longitude === null || latitude === null ? null : { type: "Point", coordinates: [longitude, latitude] };
  }
  return patch;
}

/** Name, limits, place and status of a sensor; refused where somebody else was faster, and theirs is shown. */
export function Edit({ detail, etag, onClose }: { detail: Detail; etag: string; onClose: () => void }): ReactNode {
  const t = useTranslations("sensors");
  const app = useTranslations("app");
  const queries = useQueryClient();
  const situation = useSituation();
  const [based, setBased] = useState({ detail, etag });
  const [draft, setDraft] = useState(() => draftOf(detail));
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const save = useMutation({
    mutationFn: () => data(api.PATCH("/api/v1/sensors/{sensor}", {
      params: { path: { sensor: detail.id }, header: { "If-Match": based.etag } },
      body: patchOf(draftOf(based.detail), draft),
    })),
    onSuccess: (row) => {
      const known = situation.sensors.get(row.id);
      if (known) situation.sensors.set(row.id, { ...known, ...row });
      void queries.invalidateQueries({ queryKey: ["sensor", detail.id] });
      tellDone(t("edit.done"));
      onClose();
    },
  });
  const isOvertaken = save.error instanceof ApiProblem && save.error.status === 412;
  const theirs = isOvertaken && detail !== based.detail ? detail : null;
  return (
    <Sheet title={t("edit.title")} isOpen onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Text label={t("name")} value={draft.name} onChange={(name) => set({ name })} isRequired maxLength={128} autoFocus />
        <Choice label={t("state")} options={STATUSES.map((id) => ({ id, name: t(`states.${id}`) }))} value={draft.status} onChange={(status) => set({ status })} />
        <div className={css["pair"]}>
          <Text label={t("edit.min", { unit: detail.unit })} value={draft.min} onChange={(min) => set({ min })} inputMode="decimal" />
          <Text label={t("edit.max", { unit: detail.unit })} value={draft.max} onChange={(max) => set({ max })} inputMode="decimal" />
        </div>
        <div className={css["pair"]}>
          <Text label={t("edit.latitude")} value={draft.latitude} onChange={(latitude) => set({ latitude })} inputMode="decimal" />
          <Text label={t("edit.longitude")} value={draft.longitude} onChange={(longitude) => set({ longitude })} inputMode="decimal" />
        </div>
        {isOvertaken ? (
          <div className={css["overtaken"]} role="alert">
            <p>{t("edit.overtaken")}</p>
            {theirs ? <p>{theirs.name} · {t(`states.${theirs.status}`)} · {theirs.threshold_config.min ?? "–"} … {theirs.threshold_config.max ?? "–"}</p> : null}
            <Button onPress={() => void queries.refetchQueries({ queryKey: ["sensor", detail.id] })}>{t("edit.theirs")}</Button>
            {theirs && (
              <Button
                onPress={() => {
                  setBased({ detail: theirs, etag });
                  setDraft(draftOf(theirs));
                  save.reset();
                }}
              >
                {t("edit.startOver")}
              </Button>
            )}
          </div>
        ) : (
          save.error && <Failed problem={save.error} />
        )}
        <Button kind="primary" type="submit" isDisabled={save.isPending}>{app("save")}</Button>
      </form>
    </Sheet>
  );
}
