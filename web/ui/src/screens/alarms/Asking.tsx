import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useTranslations } from "use-intl";
import type { Alert } from "@/live/situation";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Sheet } from "@/parts/Sheet";
import { Text } from "@/parts/Text";
import { useTitle } from "@/parts/use-title";
import type { Deed } from "./actions";
import { useColleagues } from "./people";
import css from "./Detail.module.css";

/** Deeds that need a word or more before they are done. */
export type Asked = "acknowledge" | "resolve" | "close" | "shelve" | "assign";

const SHELVES = ["15", "60", "240", "480", "1440", "10080"] as const;
const NO_ONE = "0";

/** Asks for what a deed needs: a note, for shelving a reason and how long, for assigning whom. */
export function Asking({
  asked,
  alerts,
  isBusy,
  onClose,
  onDeed,
}: {
  asked: Asked;
  alerts: readonly Alert[];
  isBusy: boolean;
  onClose: () => void;
  onDeed: (deed: Deed) => void;
}): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("alarms");
  const app = useTranslations("app");
  const [note, setNote] = useState("");
  const [minutes, setMinutes] = useState<string>("60");
  const [to, setTo] = useState<string>(String(alerts[0]?.assigned_to ?? NO_ONE));
  const isReason = asked === "shelve";
  const send = (): void => {
    if (asked === "shelve") onDeed({ do: "shelve", minutes: Number(minutes), note });
    else if (asked === "assign") onDeed({ do: "assign", to: to === NO_ONE ? null : Number(to), note });
    else onDeed({ do: asked, note });
  };
  return (
    <Sheet title={t(`asking.${asked}`, { count: alerts.length })} isOpen onClose={onClose}>
      <Form
        className={css["form"] ?? ""}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {alerts.length === 1 && <p className={css["about"]}>{alerts[0] && titleOf(alerts[0])}</p>}
        {asked === "shelve" && (
          <>
            <p>{t("shelveMeans")}</p>
            <Choice label={t("shelveFor")} value={minutes} onChange={setMinutes}
              options={SHELVES.map((each) => ({ id: each, name: t(`shelves.${each}`) }))} />
          </>
        )}
        {asked === "assign" && <Whom value={to} onChange={setTo} />}
        <Text label={isReason ? t("reason") : t("note")} lines={3} value={note} onChange={setNote} isRequired={isReason}
          autoFocus={asked !== "assign"} maxLength={10_000} />
        <div className={css["buttons"]}>
          <Button kind="primary" type="submit" isDisabled={isBusy}>{t(`deeds.${asked}`)}</Button>
          <Button onPress={onClose}>{app("cancel")}</Button>
        </div>
      </Form>
    </Sheet>
  );
}

function Whom({ value, onChange }: { value: string; onChange: (value: string) => void }): ReactNode {
  const t = useTranslations("alarms");
  const people = useColleagues().filter((each) => each.enabled || String(each.id) === value);
  const options = [{ id: NO_ONE, name: t("nobody") }, ...people.map((each) => ({ id: String(each.id), name: each.name }))];
  return <Choice label={t("whom")} value={value} onChange={onChange} options={options} />;
}
