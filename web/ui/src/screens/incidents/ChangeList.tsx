import { useEffect, useRef, useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useTranslations } from "use-intl";
import { outbox } from "@/offline/use-outbox";
import { Button } from "@/parts/Button";
import { Text } from "@/parts/Text";
import { useChangeItem } from "./change";
import { LONGEST, type Shown } from "./checklist";
import type { Item } from "./data";
import css from "./Detail.module.css";

type Change = ReturnType<typeof useChangeItem>["change"];

/** The checklist to be worked over: each item can be worded anew, moved, or taken off. */
export function ChangeList({ incident, shown }: { incident: number; shown: readonly Shown[] }): ReactNode {
  const t = useTranslations("incidents");
  const list = useRef<HTMLUListElement>(null);
  const { change } = useChangeItem(incident);
  const [said, say] = useState("");
  const known = shown.filter((each) => each.item !== null);
  const moved = useRef<Moved | null>(null);
  useEffect(() => focusAgain(list.current, moved.current));
  const move = async (item: Item, by: -1 | 1): Promise<void> => {
    moved.current = { item: item.id, by };
    const now = await change(item, { by });
    if (now) say(t("movedTo", { item: item.text, place: now.place, all: now.all }));
  };
  const leave = (target: Element): void => {
    if (moved.current && !rowOf(list.current, moved.current.item)?.contains(target)) moved.current = null;
  };
  return (
    <>
      {/* It only hears where the focus goes: there is nothing to operate on the list itself. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul ref={list} className={css["checks"]} onFocus={({ target }) => leave(target)}>
        {shown.map((one) => (
          <Row key={one.ref} one={one} place={known.indexOf(one) + 1} all={known.length} change={change} move={(item, by) => void move(item, by)} />
        ))}
      </ul>
      <p role="status" className="visually-hidden">{said}</p>
    </>
  );
}

/** What was moved last, until the focus is elsewhere. */
interface Moved {
  item: number;
  by: -1 | 1;
}

function rowOf(list: HTMLElement | null, item: number): Element | null {
  return list?.querySelector(`[data-item="${item}"]`) ?? null;
}

/** A browser drops the focus of what is moved within the page: give it back, to the other button at an end. */
function focusAgain(list: HTMLElement | null, moved: Moved | null): void {
  const row = moved && rowOf(list, moved.item);
  const { activeElement } = document;
  if (!row || (activeElement && activeElement !== document.body && !row.contains(activeElement))) return;
  const button = (name: "up" | "down"): HTMLButtonElement | null => row.querySelector(`[data-move="${name}"]:not(:disabled)`);
  (moved.by < 0 ? (button("up") ?? button("down")) : (button("down") ?? button("up")))?.focus();
}

function Row({ one, place, all, change, move }: {
  one: Shown; place: number; all: number; change: Change; move: (item: Item, by: -1 | 1) => void;
}): ReactNode {
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const { item, waiting } = one;
  const drop = (): void => {
    if (item) void change(item, { remove: true });
    else if (waiting) void outbox.discard(waiting);
  };
  return (
    <li className={css["changing"]} data-item={one.ref} data-waiting={waiting ? "" : undefined}>
      {item ? <Wording key={item.text} item={item} place={place} change={change} /> : <span dir="auto">{one.text} <small>· {t("isUnsent")}</small></span>}
      <div className={css["moves"]}>
        {item && <Button kind="quiet" icon="up" data-move="up" aria-label={t("moveUp", { item: one.text })} isDisabled={place <= 1} onPress={() => move(item, -1)} />}
        {item && <Button kind="quiet" icon="down" data-move="down" aria-label={t("moveDown", { item: one.text })} isDisabled={place >= all} onPress={() => move(item, 1)} />}
        <Button kind="quiet" icon="trash" aria-label={`${app("delete")}: ${one.text}`} onPress={drop} />
      </div>
    </li>
  );
}

function Wording({ item, place, change }: { item: Item; place: number; change: Change }): ReactNode {
  const t = useTranslations("incidents");
  const app = useTranslations("app");
  const [text, setText] = useState(item.text);
  const worded = text.trim();
  const isNew = worded !== "" && worded !== item.text;
  return (
    <Form
      className={css["wording"] ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        if (isNew) void change(item, { text: worded });
      }}
    >
      <Text label={t("wording", { place })} labelHidden value={text} onChange={setText} maxLength={Math.max(LONGEST, item.text.length)} />
      {isNew && <Button type="submit" aria-label={`${app("save")}: ${worded}`}>{app("save")}</Button>}
    </Form>
  );
}
