import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Ago } from "@/parts/Ago";
import { Asked } from "@/parts/Asked";
import { Panel } from "@/parts/Panel";
import { TroubleWords } from "@/parts/TroubleWords";
import css from "./system.module.css";

const NEWS = 10_000;
const GIBI = 2 ** 30;

/** How the computer and Weir are, what is wrong and what helps, and how much there is. */
export function Health(): ReactNode {
  const t = useTranslations("system");
  const format = useFormat();
  const { id } = useMunicipality();
  const seen = useQuery({
    queryKey: ["overview", "system", id],
    queryFn: () => data(api.GET("/api/v1/overview", { params: { query: { municipality_id: id } } })),
    refetchInterval: NEWS,
  });
  const stats = useQuery({
    queryKey: ["stats"],
    queryFn: () => data(api.GET("/api/v1/admin/system/stats")),
    refetchInterval: NEWS,
  });
  return (
    <>
      <Panel title={t("health")}>
        <Asked of={seen}>
          {({ at, system }) => (
            <div className={css["stack"]}>
              <p>
                {t("asOf")} <Ago at={at} />
              </p>
              <Figures
                all={[
                  [t("status"), wordOf(t, system.status)],
                  [t("database"), wordOf(t, system.database)],
                  [t("cpu"), format.percent(system.cpu_percent / 100)],
                  [t("memory"), format.percent(system.memory_percent / 100)],
                  [t("disk"), t("gib", { size: Math.round((system.disk_free_bytes / GIBI) * 10) / 10 })],
                ]}
              />
              <h3>{t("issues")}</h3>
              {system.issues.length === 0 ? <p>{t("noIssues")}</p> : <Issues all={system.issues} />}
            </div>
          )}
        </Asked>
      </Panel>
      <Panel title={t("stats")}>
        <Asked of={stats}>
          {(found) => (
            <Figures
              all={[
                [t("municipalities"), format.number(found.municipalities)],
                [t("people"), format.number(found.users)],
                [t("sensors"), format.number(found.sensors.total)],
                [t("alarms"), format.number(found.open_alerts)],
              ]}
            />
          )}
        </Asked>
      </Panel>
    </>
  );
}

/** What the server calls a state, in the person's language where it is one of the usual. */
function wordOf(t: ReturnType<typeof useTranslations<"system">>, state: string): string {
  switch (state) {
    case "ok":
    case "healthy":
      return t("states.ok");
    case "degraded":
      return t("states.degraded");
    case "warning":
      return t("states.warning");
    default:
      return state;
  }
}

function Issues({ all }: { all: Schemas["TroubleOut"][] }): ReactNode {
  return (
    <ul className={css["issues"]}>
      {all.map((issue) => (
        <li key={`${issue.code} ${issue.what}`}>
          <TroubleWords of={issue} />
        </li>
      ))}
    </ul>
  );
}

function Figures({ all }: { all: [string, string][] }): ReactNode {
  return (
    <dl className={css["figures"]}>
      {all.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
