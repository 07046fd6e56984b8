import { useState, type FormEvent, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { session } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { Button } from "@/parts/Button";
import { Text } from "@/parts/Text";
import { useWords } from "@/parts/states";
import { DoorLanguage, keepDoorLanguage } from "./DoorLanguage";
import css from "./Door.module.css";

/** The server says so when the password is right and a second factor is asked for. */
const ASKS_FACTOR = "totp_required";

/** The door: username and password, then the second factor where one is asked for. */
export function SignIn({ why }: { why: string | ApiProblem }): ReactNode {
  const t = useTranslations("signIn");
  const words = useWords();
  const [complaint, setComplaint] = useState(why ? words(why) : "");
  const [isBusy, setBusy] = useState(false);
  const [known, setKnown] = useState({ username: "", password: "" });
  const [asksFactor, setAsksFactor] = useState(false);

  const submit = (credentials: Parameters<typeof session.signIn>[0]): void => {
    setBusy(true);
    setComplaint("");
    session.signIn(credentials).then(keepDoorLanguage).catch((problem: unknown) => {
      setBusy(false);
      setComplaint(words(problem));
      if (problem instanceof ApiProblem && problem.code === ASKS_FACTOR) setAsksFactor(true);
    });
  };

  return (
    <main className={css["door"]}>
      <h1>{t("title")}</h1>
      {asksFactor ? (
        <SecondFactor
          isBusy={isBusy}
          onBack={() => setAsksFactor(false)}
          onCode={(code) => submit({ ...known, ...code })}
        />
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit(known);
          }}
        >
          <Text
            label={t("username")}
            name="username"
            autoComplete="username"
            isRequired
            autoFocus
            value={known.username}
            onChange={(username) => setKnown({ ...known, username })}
          />
          <Text
            label={t("password")}
            name="password"
            type="password"
            autoComplete="current-password"
            isRequired
            value={known.password}
            onChange={(password) => setKnown({ ...known, password })}
          />
          <Button type="submit" kind="primary" isDisabled={isBusy}>
            {t("submit")}
          </Button>
        </form>
      )}
      <p className={css["complaint"]} role="alert">
        {complaint}
      </p>
      <DoorLanguage />
      <p className={css["hint"]}>{t("demo")}</p>
    </main>
  );
}

function SecondFactor({
  isBusy,
  onCode,
  onBack,
}: {
  isBusy: boolean;
  onCode: (code: { totp: string } | { recovery_code: string }) => void;
  onBack: () => void;
}): ReactNode {
  const t = useTranslations("signIn");
  const [code, setCode] = useState("");
  const [isRecovery, setRecovery] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onCode(isRecovery ? { recovery_code: code } : { totp: code });
  };
  return (
    <form onSubmit={submit}>
      <Text
        label={isRecovery ? t("recoveryCode") : t("code")}
        hint={isRecovery ? undefined : t("codeHint")}
        name="code"
        autoComplete="one-time-code"
        inputMode={isRecovery ? "text" : "numeric"}
        isRequired
        autoFocus
        value={code}
        onChange={setCode}
      />
      <Button type="submit" kind="primary" isDisabled={isBusy}>
        {t("submit")}
      </Button>
      <Button kind="quiet" onPress={() => setRecovery(!isRecovery)}>
        {isRecovery ? t("useApp") : t("recovery")}
      </Button>
      <Button kind="quiet" onPress={onBack}>
        {t("back")}
      </Button>
    </form>
  );
}
