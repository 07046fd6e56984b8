import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useLocation } from "wouter";
import { session } from "@/api/client";
import { problemOf } from "@/api/problem";
import { Button } from "@/parts/Button";
import { Text } from "@/parts/Text";
import { useWords } from "@/parts/states";
import { DoorLanguage, keepDoorLanguage } from "../sign-in/DoorLanguage";
import { browserZone } from "./zone";
import css from "../sign-in/Door.module.css";

const FIELDS = ["code", "municipality", "username", "email", "password"] as const;
type Said = Record<(typeof FIELDS)[number], string>;
const NOTHING: Said = { code: "", municipality: "", username: "", email: "", password: "" };

/** The first start: the code of the console makes the first municipality and the person who looks after it. */
export function SetUp(): ReactNode {
  const t = useTranslations("setUp");
  const words = useWords();
  const [, navigate] = useLocation();
  const [said, setSaid] = useState(NOTHING);
  const [complaint, setComplaint] = useState("");
  const [isBusy, setBusy] = useState(false);

  const begin = async (): Promise<void> => {
    const answer = await fetch("/api/v1/setup", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...said, time_zone: browserZone() }),
    });
    if (!answer.ok) throw problemOf(await answer.json().catch(() => null), answer.status);
    navigate("/set-up", { replace: true });
    await session.signIn({ username: said.username, password: said.password });
    await keepDoorLanguage();
  };

  return (
    <main className={css["door"]}>
      <h1>{t("title")}</h1>
      <DoorLanguage />
      <p>{t("about")}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setBusy(true);
          setComplaint("");
          begin().catch((problem: unknown) => {
            setBusy(false);
            setComplaint(words(problem));
          });
        }}
      >
        <details>
          <summary>{t("codeWhere")}</summary>
          <ul>
            <li>{t("codeConsole")}</li>
            <li>{t("codeService")} <code dir="ltr">journalctl -u weir | grep code</code></li>
            <li>{t("codeAgain")}</li>
          </ul>
        </details>
        {FIELDS.map((field) => (
          <Text
            key={field}
            name={field}
            label={t(field)}
            isRequired
            type={field === "password" ? "password" : field === "email" ? "email" : "text"}
            autoComplete={AUTOCOMPLETE[field]}
            hint={field === "code" ? t("codeHint") : field === "password" ? t("passwordHint") : undefined}
            value={said[field]}
            onChange={(value) => setSaid({ ...said, [field]: value })}
          />
        ))}
        <Button type="submit" kind="primary" isDisabled={isBusy}>
          {t("submit")}
        </Button>
      </form>
      <p className={css["complaint"]} role="alert">
        {complaint}
      </p>
      <p className={css["hint"]}>
        {t("demo")}{" "}
        <Button kind="quiet" onPress={() => session.toSignIn()}>
          {t("signIn")}
        </Button>
      </p>
    </main>
  );
}

const AUTOCOMPLETE: Record<keyof Said, string> = {
  code: "one-time-code",
  municipality: "organization",
  username: "username",
  email: "email",
  password: "new-password",
};
