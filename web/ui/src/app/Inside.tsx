import { Suspense, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Redirect, useLocation } from "wouter";
import { useMay } from "@/api/may";
import type { Person } from "@/api/session";
import { LiveProvider } from "@/live/use-live";
import { LastKnown } from "@/offline/LastKnown";
import { Empty, Loading } from "@/parts/states";
import { useBadge } from "@/sound/badge";
import { Boundary } from "./Boundary";
import { MunicipalityProvider, useMunicipality } from "./municipality";
import { SCREENS, screenOf } from "./screens";
import { Shell } from "./Shell";

/** Everything that somebody who is signed in sees. */
export function Inside({ person, mustEnrol }: { person: Person; mustEnrol: boolean }): ReactNode {
  return (
    <MunicipalityProvider person={person} nowhere={<Nowhere />}>
      <Watching>
        <Here mustEnrol={mustEnrol} />
      </Watching>
    </MunicipalityProvider>
  );
}

function Watching({ children }: { children: ReactNode }): ReactNode {
  const { id } = useMunicipality();
  return (
    <LiveProvider key={id} municipality={id}>
      <LastKnown />
      {children}
    </LiveProvider>
  );
}

function Nowhere(): ReactNode {
  return <Empty />;
}

function Here({ mustEnrol }: { mustEnrol: boolean }): ReactNode {
  const [path] = useLocation();
  const t = useTranslations("app");
  const may = useMay();
  const screen = mustEnrol ? SCREENS.find((each) => each.name === "account") : screenOf(path);
  const title = screen ? t(`screens.${screen.name}`) : t("name");
  useBadge(title);
  // Mails and messages name an alarm as the API does.
  const told = /^\/alerts\/(\d+)$/.exec(path)?.[1];
  if (told) return <Redirect to={`/alarms/${told}`} replace />;
  if (!screen) return <Redirect to="/" replace />;
  const allowed = screen.permission === null || may(screen.permission);
  const body = (
    <Boundary key={screen.name}>
      <Suspense fallback={<Loading />}>{allowed ? <screen.body /> : <Empty>{t("notAllowed")}</Empty>}</Suspense>
    </Boundary>
  );
  return screen.bare ? body : <Shell screen={screen}>{body}</Shell>;
}
