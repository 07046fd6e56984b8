import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { useMay } from "@/api/may";
import { useFormat } from "@/format/use-format";
import type { Alert } from "@/live/situation";
import { Button } from "@/parts/Button";
import { Failed } from "@/parts/states";
import { Text } from "@/parts/Text";
import { useReason } from "@/parts/use-reason";
import { useDeeds } from "./actions";
import { useNameOf } from "./people";
import css from "./Detail.module.css";

type Change = Schemas["ChangeOut"];

/** Everything that happened to an alarm, the newest first, and a line to add to it. */
export function Story({ alert }: { alert: Alert }): ReactNode {
  const t = useTranslations("alarms");
  const may = useMay();
  const { data: changes, error, refetch } = useQuery({
    // The version is part of the key: whatever anybody does is in the story at once.
    queryKey: ["alert", alert.id, "changes", alert.version],
    queryFn: () => data(api.GET("/api/v1/alerts/{alert}/changes", { params: { path: { alert: alert.id } } })),
    placeholderData: (before) => before,
  });
  /** Where Weir resolved it by itself, the note is what it saw: said already, in the person's language. */
  const noted = (one: Change): string => (one.by === null && changes?.some(({ evidence }) => evidence?.words === one.note) ? "" : one.note);
  return (
    <section className={css["story"]} aria-label={t("story")}>
      <h3>{t("story")}</h3>
      {may("alerts.handle") && <Comment alert={alert} />}
      {error && <Failed problem={error} retry={() => void refetch()} />}
      <ol>{changes?.toReversed().map((change) => <Step key={change.number} change={change} sensor={alert.sensor_id} noted={noted(change)} />)}</ol>
    </section>
  );
}

function Step({ change, sensor, noted }: { change: Change; sensor: number | null; noted: string }): ReactNode {
  const why = useReason();
  const t = useTranslations("alarms.changes");
  const app = useTranslations("app");
  const format = useFormat();
  const nameOf = useNameOf();
  const what = change.kind === "moved" ? app(`status.${change.after}`) : t(change.kind);
  return (
    <li>
      <time dateTime={change.at}>{format.dateTime(change.at)}</time>
      <span><b>{what}</b> · <bdi>{nameOf(change.by)}</bdi></span>
      {change.evidence && <q>{why({ ...change, sensor_id: sensor, description: change.evidence.words }, change.kind === "cleared")}</q>}
      {noted && <p dir="auto">{noted}</p>}
    </li>
  );
}

function Comment({ alert }: { alert: Alert }): ReactNode {
  const t = useTranslations("alarms");
  const { act, isBusy } = useDeeds();
  const [note, setNote] = useState("");
  return (
    <Form
      className={css["comment"] ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (note.trim()) act([alert], { do: "comment", note }, () => setNote(""));
      }}
    >
      <Text label={t("comment")} value={note} onChange={setNote} maxLength={10_000} />
      <Button type="submit" icon="note" isDisabled={isBusy || !note.trim()}>{t("say")}</Button>
    </Form>
  );
}
