import { useState, type ReactNode } from "react";
import { Form, Label, Radio, RadioGroup } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useLocation, useSearch } from "wouter";
import { useMunicipality } from "@/app/municipality";
import { SEVERITIES, type Alert, type Severity } from "@/live/situation";
import { useActiveAlerts, useSensor } from "@/live/use-live";
import { newKey } from "@/api/keys";
import { outbox, useDeliver } from "@/offline/use-outbox";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { PickSensor } from "@/parts/PickSensor";
import { PriorityMark } from "@/parts/PriorityMark";
import { Text } from "@/parts/Text";
import { useTellFailed } from "@/parts/toasts";
import { useTitle } from "@/parts/use-title";
import { endDraft, isWorthKeeping, useDraft, useKeeping, type Draft, type Words } from "./draft";
import { LocalPhoto, TakePhoto, type Taken } from "./Photos";
import photoCss from "./Photos.module.css";
import { usePosition, type Position } from "./position";
import css from "./Form.module.css";

const NONE: readonly Taken[] = [];

/** Report what one sees: on a phone a title, a photo and “Report” are enough. What was begun here goes on. */
export function NewIncident(): ReactNode {
  const titleOf = useTitle();
  const search = new URLSearchParams(useSearch());
  const wanted = search.get("alert") ?? "";
  const alert = useActiveAlerts().find((each) => String(each.id) === wanted);
  const first: Words = {
    title: alert ? titleOf(alert) : "", severity: alert?.severity ?? "medium", description: "",
    sensor: alert?.sensor_id ?? (Number(search.get("sensor")) || null), position: null,
  };
  const draft = useDraft(wanted, first);
  return draft ? <Write draft={draft} first={first} alert={alert} of={wanted} /> : null;
}

function Write({ draft, first, alert, of }: { draft: Draft; first: Words; alert: Alert | undefined; of: string }): ReactNode {
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const [said, setSaid] = useState(draft.words);
  const [photos, setPhotos] = useState<readonly Taken[]>(draft.photos);
  const titleOf = useTitle();
  const here = usePosition();
  const ofSensor = useSensor(said.sensor ?? 0)?.location ?? null;
  const [isOver, setOver] = useState(false);
  const { send, isBusy } = useReport(of, () => setOver(true));
  const { id: municipality } = useMunicipality();
  const [, navigate] = useLocation();
  const failed = useTellFailed();
  const set = (change: Partial<Words>): void => setSaid((before) => ({ ...before, ...change }));
  const position = here.position ?? said.position;
  const words = { ...said, position };
  // Once it is reported or given up, nothing that is drawn anew may keep it again.
  useKeeping(of, words, isOver ? NONE : photos, !isOver && isWorthKeeping({ words, photos }, first));
  const location = position ?? alert?.location ?? ofSensor;
  const report = (): void => send({
    title: alert && said.title === titleOf(alert) ? alert.title : said.title.trim(), severity: said.severity, description: said.description.trim() || null, incident_type: null, notes: null,
    sensor_id: said.sensor, alert_id: alert?.id ?? null, location, municipality_id: municipality,
  }, photos);
  const giveUp = (): void => {
    setOver(true);
    void endDraft(municipality, of).then(() => navigate("/incidents"), failed);
  };
  const forget = (): void => {
    here.forget();
    set({ position: null });
  };
  return (
    <Panel title={<h1>{t("new")}</h1>}>
      <Form className={css["form"] ?? ""} onSubmit={(event) => { event.preventDefault(); report(); }}>
        {draft.at !== null && <p role="status">{t("draftKept")} <Ago at={draft.at} /></p>}
        {alert && <p>{t("ofThisAlert", { title: titleOf(alert) })}</p>}
        <Text label={t("what")} hint={t("whatHint")} value={said.title} onChange={(title) => set({ title })} isRequired maxLength={300} autoFocus />
        <ChooseSeverity value={said.severity} onChange={(severity) => set({ severity })} />
        <TakePhoto onTaken={(taken) => setPhotos((all) => [...all, taken])} />
        <Pending photos={photos} onLess={setPhotos} />
        <Where location={location} here={{ ...here, position, forget }} />
        <details open={draft.words.description !== ""}>
          <summary>{t("further")}</summary>
          <div className={css["form"]}>
            <Text label={t("description")} lines={4} value={said.description} onChange={(description) => set({ description })} maxLength={10_000} />
            <PickSensor label={t("sensor")} value={said.sensor} onChange={(sensor) => set({ sensor })} />
          </div>
        </details>
        <div className={css["buttons"]}>
          <Button kind="primary" type="submit" isDisabled={isBusy}>{t("report")}</Button>
          <Button onPress={giveUp}>{app("cancel")}</Button>
        </div>
      </Form>
    </Panel>
  );
}

function Pending({ photos, onLess }: { photos: readonly Taken[]; onLess: (photos: readonly Taken[]) => void }): ReactNode {
  const app = useTranslations("app");
  if (photos.length === 0) return null;
  return (
    <div className={photoCss["photos"]}>
      {photos.map((taken) => (
        <LocalPhoto key={`${taken.name}${taken.bytes.byteLength}`} taken={taken}>
          <Button kind="quiet" onPress={() => onLess(photos.filter((each) => each !== taken))}>{app("delete")}</Button>
        </LocalPhoto>
      ))}
    </div>
  );
}

function Where({ location, here }: { location: Position | null; here: ReturnType<typeof usePosition> }): ReactNode {
  const t = useTranslations("incidents");
  return (
    <div className={css["where"]}>
      <span>{location
        ? t("at", { from: here.position ? t("fromDevice") : t("fromSensor"), lat: location.coordinates[1] ?? 0, lon: location.coordinates[0] ?? 0 })
        : t(`positions.${here.standing}`)}</span>
      {here.standing !== "unsupported" && (
        <Button icon="pin" onPress={here.position ? here.forget : here.ask} isDisabled={here.standing === "asking"}>{here.position ? t("notHere") : t("here")}</Button>
      )}
    </div>
  );
}

type Body = Extract<Parameters<ReturnType<typeof useDeliver>["deliver"]>[0], { kind: "incident" }>["body"];

/** Keep the incident and its photos first, in this order; then send them. */
function useReport(of: string, end: () => void): { send: (body: Body, photos: readonly Taken[]) => void; isBusy: boolean } {
  const { id: municipality } = useMunicipality();
  const { deliver, isBusy } = useDeliver();
  const failed = useTellFailed();
  const [, navigate] = useLocation();
  const all = async (body: Body, photos: readonly Taken[]): Promise<void> => {
    const mark = newKey();
    if (photos.length === 0) await deliver({ kind: "incident", mark, body });
    else {
      // All are kept before the first is sent: a battery that dies now loses none.
      await outbox.add({ kind: "incident", mark, body }, municipality);
      for (const taken of photos.slice(0, -1)) await outbox.add({ kind: "photo", incident: mark, ...taken }, municipality);
      const last = photos.at(-1);
      if (last) await deliver({ kind: "photo", incident: mark, ...last });
    }
    // What waits to be sent is kept by now: from here on the draft would only be the same a second time.
    end();
    await endDraft(municipality, of);
    const id = outbox.arrived.get(mark);
    navigate(id === undefined ? `/incidents/unsent-${mark}` : `/incidents/${id}`, { replace: true });
  };
  return { send: (body, photos) => void all(body, photos).catch(failed), isBusy };
}

function ChooseSeverity({ value, onChange }: { value: Severity; onChange: (value: Severity) => void }): ReactNode {
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  return (
    <RadioGroup value={value} onChange={(each) => onChange(each as Severity)} className={css["severities"] ?? ""} orientation="horizontal">
      <Label>{t("severity")}</Label>
      <div>
        {SEVERITIES.slice(0, 4).map((each) => (
          <Radio key={each} value={each} className={css["severity"] ?? ""}>
            <span aria-hidden="true"><PriorityMark severity={each} hollow={each !== value} /></span>
            {app(`severity.${each}`)}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}
