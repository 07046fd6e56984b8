import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, type ReactNode } from "react";
import { I18nProvider, RouterProvider } from "react-aria-components";
import { IntlProvider, useTranslations } from "use-intl";
import { useLocation } from "wouter";
import { session } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useSession } from "@/api/use-session";
import { Button } from "@/parts/Button";
import { ToastRegion } from "@/parts/toasts";
import { LATE } from "@/strings/languages";
import { useMessages } from "@/strings/use-messages";
import { PreferencesProvider, usePreferences } from "./preferences";
import { Inside } from "./Inside";
import css from "./App.module.css";

// Who comes back signed in needs none of these.
const SignIn = lazy(() => import("@/screens/sign-in/SignIn").then((found) => ({ default: found.SignIn })));
const WallSignedOut = lazy(() => import("@/screens/wall/SignedOut").then((found) => ({ default: found.SignedOut })));
const SetUp = lazy(() => import("@/screens/set-up/SetUp").then((found) => ({ default: found.SetUp })));

const queries = new QueryClient({
  defaultOptions: {
    // The server may be this very machine: whether there is a network beyond it says nothing.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 10_000,
      retry: (times, problem) => times < 2 && problem instanceof ApiProblem && problem.status === 0,
    },
  },
});

/** Nothing of one person is left for the next. Before anything is drawn anew: who still looks at it then asks anew. */
let who = session.person?.id ?? null;
session.addEventListener("change", () => {
  const person = session.person?.id ?? null;
  if (person === null && who !== null) queries.clear();
  who = person;
});

export function App(): ReactNode {
  return (
    <QueryClientProvider client={queries}>
      <PreferencesProvider>
        <Spoken>
          <Suspense fallback={<Waiting />}>
            <Gate />
          </Suspense>
          <ToastRegion />
        </Spoken>
      </PreferencesProvider>
    </QueryClientProvider>
  );
}

/** Everything below speaks the person's language, in its direction. */
function Spoken({ children }: { children: ReactNode }): ReactNode {
  const { language, timeZone } = usePreferences();
  const spoken = useMessages(language);
  const [, navigate] = useLocation();
  if (!spoken) return null;
  if (spoken.locale === null) return <Late>{LATE[spoken.language]}</Late>;
  return (
    <IntlProvider locale={spoken.locale} messages={spoken.messages} timeZone={timeZone} onError={ignoreMissing}>
      <I18nProvider locale={spoken.locale}>
        <RouterProvider navigate={navigate}>{children}</RouterProvider>
      </I18nProvider>
    </IntlProvider>
  );
}

function Late({ children }: { children: string }): ReactNode {
  return (
    <main className={css["middle"]}>
      <h1>Weir</h1>
      <p role="alert">{children}</p>
    </main>
  );
}

/** A test compares the catalogues; at run time a missing string is shown by its name and nothing fails. */
function ignoreMissing(): void {
  // nothing to do: use-intl shows the key
}

/** What is shown hangs on where the person stands. */
function Gate(): ReactNode {
  const standing = useSession();
  const person = standing.at === "inside" ? standing.person.id : null;
  const isUnseen = standing.at === "inside" && standing.isUnseen === true;
  useEffect(() => {
    if (person !== null && !isUnseen) void queries.invalidateQueries(); // what could not be asked is asked now
  }, [person, isUnseen]);
  switch (standing.at) {
    case "starting":
      return <Waiting />;
    case "unreachable":
      return <Unreachable />;
    case "set-up":
      return <SetUp />;
    case "outside":
      return location.pathname === "/wall" ? <WallSignedOut why={standing.why} /> : <SignIn why={standing.why} />;
    case "inside":
      return <Inside person={standing.person} mustEnrol={standing.mustEnrol} />;
  }
}

function Waiting(): ReactNode {
  const t = useTranslations("app");
  return (
    <p className={css["middle"]} role="status">
      {t("starting")}
    </p>
  );
}

function Unreachable(): ReactNode {
  const t = useTranslations("app");
  const again = useMemo(() => () => void session.begin(), []);
  useEffect(() => {
    const timer = setInterval(again, 3000);
    return () => clearInterval(timer);
  }, [again]);
  return (
    <main className={css["middle"]}>
      <h1>{t("name")}</h1>
      <p role="alert">{t("unreachable")}</p>
      <Button onPress={again}>{t("tryNow")}</Button>
    </main>
  );
}
