import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useTranslations } from "use-intl";
import { newKey } from "@/api/keys";
import { useMay } from "@/api/may";
import { useFormat } from "@/format/use-format";
import { outbox, useDeliver, useWaiting } from "@/offline/use-outbox";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { Text } from "@/parts/Text";
import { LONGEST, shownOf, type Shown } from "./checklist";
import { ChangeList } from "./ChangeList";
import { useNameOf, type Item } from "./data";
import css from "./Detail.module.css";

/** What is to be done step by step, ticked off by whoever did it, also where there is no connection. */
export function Checklist({ incident, items }: { incident: number; items: readonly Item[] }): ReactNode {
  const t = useTranslations("incidents");
  const may = useMay()("incidents.report");
  const shown = shownOf(items, useWaiting(), incident);
  const [wanted, want] = useState(false);
  const isChanging = wanted && may && shown.length > 0;
  return (
    <Panel
      title={t("checklist", { done: shown.filter((each) => each.isDone).length, all: shown.length })}
      actions={may && shown.length > 0 && (
        <Button kind="quiet" icon={isChanging ? "check" : "edit"} onPress={() => want(!isChanging)}>
          {t(isChanging ? "listDone" : "changeList")}
        </Button>
      )}
    >
      {isChanging ? <ChangeList incident={incident} shown={shown} /> : (
        <ul className={css["checks"]}>
          {shown.map((one) => <Check key={one.ref} one={one} incident={incident} />)}
        </ul>
      )}
      {may && <Add incident={incident} />}
    </Panel>
  );
}

function Check({ one, incident }: { one: Shown; incident: number }): ReactNode {
  const t = useTranslations("incidents");
  const may = useMay()("incidents.report");
  const { deliver, isBusy } = useDeliver();
  const by = useDoneBy(useNameOf());
  const { item, waiting } = one;
  const tick = (): void => {
    // Not sent yet: taking it back leaves nothing to send.
    if (one.tick) void outbox.discard(one.tick);
    else void deliver({ kind: "tick", incident, item: one.ref, version: item?.version ?? null, text: one.text, isDone: !one.isDone });
  };
  const said = one.tick || waiting ? t("isUnsent") : by(item);
  return (
    <li data-waiting={one.tick || waiting ? "" : undefined}>
      <label>
        <input type="checkbox" checked={one.isDone} disabled={!may || isBusy} onChange={tick} />
        <span><span dir="auto">{one.text}</span>{said && <small> · <bdi>{said}</bdi></small>}</span>
      </label>
    </li>
  );
}

function Add({ incident }: { incident: number }): ReactNode {
  const t = useTranslations("incidents");
  const { deliver, isBusy } = useDeliver();
  const [text, setText] = useState("");
  const add = async (): Promise<void> => {
    const worded = text.trim();
    if (worded && (await deliver({ kind: "item", incident, mark: newKey(), text: worded }))) setText("");
  };
  return (
    <Form className={css["row"] ?? ""} onSubmit={(event) => { event.preventDefault(); void add(); }}>
      <Text label={t("nextStep")} value={text} onChange={setText} maxLength={LONGEST} />
      <Button type="submit" icon="plus" isDisabled={isBusy}>{t("add")}</Button>
    </Form>
  );
}

/** Gives who did an item and when, where that is known. */
export function useDoneBy(nameOf: (person: number | null) => string): (item: Item | null) => string {
  const format = useFormat();
  return (item) => (item?.done_by && item.done_at ? `${nameOf(item.done_by)}, ${format.dateTime(item.done_at)}` : "");
}
