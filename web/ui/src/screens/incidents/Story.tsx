import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useMay } from "@/api/may";
import type { Ref } from "@/offline/deeds";
import { useDeliver, useWaiting } from "@/offline/use-outbox";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Text } from "@/parts/Text";
import { useTitle } from "@/parts/use-title";
import { useNameOf, type Attachment, type LinkedAlert, type Step } from "./data";
import css from "./Detail.module.css";

/** What happened, oldest first, and under it what only this device knows. */
export function Story({ incident, steps, files, alerts }: {
  incident: Ref; steps: readonly Step[]; files: readonly Attachment[]; alerts: readonly LinkedAlert[];
}): ReactNode {
  const t = useTranslations("incidents");
  const waiting = useWaiting().filter(({ deed }) => deed.kind === "comment" && deed.incident === incident);
  return (
    <ol className={css["story"]} aria-label={t("story")}>
      {steps.map((step) => <Told key={step.number} step={step} files={files} alerts={alerts} />)}
      {waiting.map(({ number, at, deed }) => deed.kind === "comment" && (
        <li key={`waiting ${number}`} data-waiting>
          <small>{t("isUnsent")} · <Ago at={at} /></small>
          <p dir="auto">{deed.comment}</p>
        </li>
      ))}
    </ol>
  );
}

function Told({ step, files, alerts }: { step: Step; files: readonly Attachment[]; alerts: readonly LinkedAlert[] }): ReactNode {
  const nameOf = useNameOf();
  const words = useStepWords();
  return (
    <li data-kind={step.kind}>
      <small><bdi>{nameOf(step.by)}</bdi> · <Ago at={step.at} /></small>
      <p dir="auto">{words(step, files, alerts)}</p>
    </li>
  );
}

type OfItem = Extract<Step["kind"], `item_${string}`>;

function isOfItem(kind: Step["kind"]): kind is OfItem {
  return kind.startsWith("item_");
}

/** Gives the words for a step; used by the report too. */
export function useStepWords(): (step: Step, files: readonly Attachment[], alerts: readonly LinkedAlert[]) => string {
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const titleOf = useTitle();
  return (step, files, alerts) => {
    const linked = alerts.find((each) => each.id === step.alert_id);
    const alert = linked ? titleOf(linked) : `${step.alert_id ?? ""}`;
    const file = files.find((each) => each.id === step.attachment_id)?.name ?? step.note;
    const { kind } = step;
    if (isOfItem(kind)) return t(`steps.${kind}`, { item: step.note });
    switch (kind) {
      case "commented":
        return step.note;
      case "moved":
        return t("steps.moved", { before: step.before ? app(`status.${step.before}`) : "", after: step.after ? app(`status.${step.after}`) : "" }) + (step.note ? `\n${step.note}` : "");
      case "changed":
        return t("steps.changed", { what: step.note.split(", ").map((each) => (t.has(`fields.${each}` as "fields.title") ? t(`fields.${each}` as "fields.title") : each)).join(", ") });
      case "alert_linked":
        return t("steps.linked", { alert });
      case "alert_unlinked":
        return t("steps.unlinked", { alert });
      case "attached":
        return t("steps.attached", { file });
      case "detached":
        return t("steps.detached", { file });
      case "reported":
        return t("steps.reported") + (step.note ? `\n${step.note}` : "");
    }
  };
}

export function Comment({ incident }: { incident: Ref }): ReactNode {
  const t = useTranslations("incidents");
  const may = useMay()("incidents.report");
  const { deliver, isBusy } = useDeliver();
  const [text, setText] = useState("");
  if (!may) return null;
  const send = async (): Promise<void> => {
    const comment = text.trim();
    if (!comment) return;
    if (await deliver({ kind: "comment", incident, comment })) setText("");
  };
  return (
    <Form className={css["form"] ?? ""} onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <Text label={t("comment")} lines={2} value={text} onChange={setText} maxLength={10_000} />
      <div className={css["buttons"]}><Button type="submit" icon="note" isDisabled={isBusy || !text.trim()}>{t("say")}</Button></div>
    </Form>
  );
}
