import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useLocation, useSearch } from "wouter";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { newKey } from "@/api/keys";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Panel } from "@/parts/Panel";
import { PickSensor } from "@/parts/PickSensor";
import { Text } from "@/parts/Text";
import { useTellFailed } from "@/parts/toasts";
import { useColleagues } from "../incidents/data";
import { instantOf } from "./days";
import css from "./Screen.module.css";

const NO_ONE = "0";
type Kind = "planned" | "done";

/** Plan work or log what was done: for itself, or for an incident or an alarm (`?incident=`, `?alert=`, `?sensor=`, `?asset=`). */
export function NewWork(): ReactNode {
  const t = useTranslations("maintenance");
  const app = useTranslations("app");
  const search = new URLSearchParams(useSearch());
  const of = (name: string): number | null => Number(search.get(name)) || null;
  const [kind, setKind] = useState<Kind>(search.get("kind") === "done" ? "done" : "planned");
  const [work, setWork] = useState("");
  const [notes, setNotes] = useState("");
  const [when, setWhen] = useState("");
  const [due, setDue] = useState("");
  const [outFrom, setOutFrom] = useState("");
  const [outTo, setOutTo] = useState("");
  const [repeat, setRepeat] = useState("");
  const [to, setTo] = useState<string>(NO_ONE);
  const [sensor, setSensor] = useState<number | null>(of("sensor"));
  const people = useColleagues().filter((each) => each.enabled);
  const { save, isBusy } = useSave({ incident: of("incident"), alert: of("alert"), asset: of("asset"), sensor });
  const [, navigate] = useLocation();
  const [from, until] = [instantOf(outFrom), instantOf(outTo)];
  const send = (): void => save({
    work: work.trim(), status: kind, notes,
    done_at: kind === "done" ? instantOf(when) : null,
    planned_for: kind === "planned" ? instantOf(when) : null,
    due_at: kind === "planned" ? instantOf(due) : null,
    assigned_to: to === NO_ONE ? null : Number(to),
    out_of_service: from && until ? { from, to: until } : null,
    repeat_days: Number(repeat) || null,
  });
  const belongs = of("incident") ? t("ofIncident") : of("alert") ? t("ofAlarm") : of("asset") ? t("ofAsset") : null;
  return (
    <Panel title={<h1>{t("new")}</h1>}>
      <Form className={css["form"] ?? ""} onSubmit={(event) => { event.preventDefault(); send(); }}>
        {belongs && <p>{belongs}</p>}
        <Choice label={t("kind")} value={kind} onChange={setKind} options={[{ id: "planned", name: t("toDo") }, { id: "done", name: t("wasDone") }]} />
        <Text label={t("work")} lines={2} value={work} onChange={setWork} isRequired maxLength={10_000} autoFocus />
        <div className={css["pair"]}>
          <Text label={kind === "done" ? t("doneAt") : t("plannedFor")} hint={t("browserTime")} type="datetime-local" value={when} onChange={setWhen} />
          {kind === "planned" && <Text label={t("dueAt")} type="datetime-local" value={due} onChange={setDue} />}
        </div>
        <Choice label={t("assigned")} value={to} onChange={setTo} options={[{ id: NO_ONE, name: t("nobody") }, ...people.map((each) => ({ id: String(each.id), name: each.name }))]} />
        {!belongs && <PickSensor label={t("sensor")} value={sensor} onChange={setSensor} />}
        <details>
          <summary>{t("further")}</summary>
          <div className={css["form"]}>
            <p>{t("outMeans")}</p>
            <div className={css["pair"]}>
              <Text label={t("outFrom")} type="datetime-local" value={outFrom} onChange={setOutFrom} />
              <Text label={t("outTo")} type="datetime-local" value={outTo} onChange={setOutTo} />
            </div>
            <Text label={t("repeatDays")} type="number" value={repeat} onChange={setRepeat} />
            <Text label={t("notes")} lines={3} value={notes} onChange={setNotes} maxLength={10_000} />
          </div>
        </details>
        <div className={css["buttons"]}>
          <Button kind="primary" type="submit" isDisabled={isBusy}>{app("save")}</Button>
          <Button onPress={() => navigate("/maintenance")}>{app("cancel")}</Button>
        </div>
      </Form>
    </Panel>
  );
}

interface Of {
  incident: number | null;
  alert: number | null;
  asset: number | null;
  sensor: number | null;
}

function useSave(of: Of): { save: (body: Schemas["WorkIn"]) => void; isBusy: boolean } {
  const queries = useQueryClient();
  const failed = useTellFailed();
  const [, navigate] = useLocation();
  const { id } = useMunicipality();
  // One key for as long as the form is open: sent twice it is one.
  const [key] = useState(newKey);
  const { mutate, isPending } = useMutation({
    mutationFn: (body: Schemas["WorkIn"]): Promise<unknown> => {
      const params = { query: { municipality_id: id }, header: { "Idempotency-Key": key } };
      if (of.incident !== null) return data(api.POST("/api/v1/incidents/{incident}/maintenance", { params: { ...params, path: { incident: of.incident } }, body }));
      if (of.alert !== null) return data(api.POST("/api/v1/alerts/{alert}/maintenance", { params: { ...params, path: { alert: of.alert } }, body }));
      const entry: Schemas["EntryIn"] = { ...body, sensor_id: of.sensor, asset_id: of.asset, pipeline_id: null, municipality_id: id };
      return data(api.POST("/api/v1/maintenance", { params, body: entry }));
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["maintenance"] });
      navigate(of.incident === null ? "/maintenance" : `/incidents/${of.incident}`);
    },
    onError: failed,
  });
  return { save: mutate, isBusy: isPending };
}
