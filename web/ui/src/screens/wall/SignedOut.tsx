import { useEffect, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { session } from "@/api/client";
import type { ApiProblem } from "@/api/problem";
import { forgetDisplayToken, keepDisplayToken, TOO_STRONG } from "@/api/display";
import { useFormat } from "@/format/use-format";
import { Button } from "@/parts/Button";
import { Text } from "@/parts/Text";
import { useWords } from "@/parts/states";
import { SignIn } from "@/screens/sign-in/SignIn";
import { useTokenFromAddress } from "./use-wall";
import css from "./Wall.module.css";

const TRY_EVERY = 15_000;

/** A wall whose session has ended says so, counts how long, and comes back as soon as somebody has signed in. */
export function SignedOut({ why }: { why: string | ApiProblem }): ReactNode {
  const t = useTranslations("wall");
  const words = useWords();
  const format = useFormat();
  useTokenFromAddress();
  const [since] = useState(() => Date.now());
  const [now, setNow] = useState(since);
  const [isSigningIn, setSigningIn] = useState(false);
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), 1000);
    const again = setInterval(() => {
      if (!isSigningIn) void session.begin();
    }, TRY_EVERY);
    return () => {
      clearInterval(clock);
      clearInterval(again);
    };
  }, [isSigningIn]);
  if (isSigningIn) return <SignIn why={why} />;
  return (
    <main className={css["out"]}>
      <h1>{t("signedOut")}</h1>
      <p role="status">{t("signedOutFor", { age: format.duration(now - since) })}</p>
      {why && <p role="alert">{why === TOO_STRONG ? t("tooStrong") : words(why)}</p>}
      <GiveToken />
      <Button onPress={() => setSigningIn(true)}>{t("signIn")}</Button>
    </main>
  );
}

/** A display that nobody signs in at takes a token once, and never shows it. */
function GiveToken(): ReactNode {
  const t = useTranslations("wall");
  const [token, setToken] = useState("");
  const [isBusy, setBusy] = useState(false);
  const give = async (): Promise<void> => {
    setBusy(true);
    keepDisplayToken(token.trim());
    await session.begin();
    if (session.standing.at !== "outside") return;
    forgetDisplayToken();
    setToken("");
    setBusy(false);
  };
  return (
    <form
      className={css["give"]}
      onSubmit={(event) => {
        event.preventDefault();
        void give();
      }}
    >
      <Text label={t("token")} hint={t("tokenHint")} type="password" autoComplete="off" isRequired value={token} onChange={setToken} />
      <Button type="submit" kind="primary" isDisabled={isBusy}>{t("useToken")}</Button>
    </form>
  );
}
