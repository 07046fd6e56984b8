import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { api, data } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { useActiveAlerts } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Panel } from "@/parts/Panel";
import { PriorityMark } from "@/parts/PriorityMark";
import { useTellFailed } from "@/parts/toasts";
import { useTitle } from "@/parts/use-title";
import { useLookAgain, type Whole } from "./data";
import css from "./Detail.module.css";

/** The alarms that belong to the incident; more can be tied to it. */
export function Alarms({ whole }: { whole: Whole }): ReactNode {
  const titleOf = useTitle();
  const t = useTranslations("incidents");
  const may = useMay()("incidents.report");
  const failed = useTellFailed();
  const look = useLookAgain();
  const { id: municipality } = useMunicipality();
  const [chosen, setChosen] = useState<string | null>(null);
  const incident = whole.incident.id;
  const query = { municipality_id: municipality };
  const { mutate, isPending } = useMutation({
    mutationFn: async ({ alert, isTied }: { alert: number; isTied: boolean }): Promise<void> => {
      if (isTied) await data(api.DELETE("/api/v1/incidents/{incident}/alerts/{alert}", { params: { path: { incident, alert }, query } }) as Promise<{ response: Response }>);
      else await data(api.POST("/api/v1/incidents/{incident}/alerts", { params: { path: { incident }, query }, body: { alert_id: alert } }) as Promise<{ response: Response }>);
    },
    onSuccess: () => setChosen(null),
    onError: failed,
    onSettled: look,
  });
  const others = useActiveAlerts().filter((each) => !whole.alerts.some((tied) => tied.id === each.id)).slice(0, 100);
  return (
    <Panel title={t("alarms", { count: whole.alerts.length })}>
      <ul className={css["alarms"]}>
        {whole.alerts.map((alert) => (
          <li key={alert.id}>
            <PriorityMark severity={alert.severity} hollow={alert.status !== "open"} />
            <Link href={`/alarms/${alert.id}`} dir="auto">{titleOf(alert)}</Link>
            {may && <Button kind="quiet" icon="close" aria-label={t("untie", { alert: titleOf(alert) })} isDisabled={isPending} onPress={() => mutate({ alert: alert.id, isTied: true })} />}
          </li>
        ))}
      </ul>
      {may && others.length > 0 && (
        <div className={css["row"]}>
          <Choice label={t("tieAlarm")} value={chosen} onChange={setChosen} options={others.map((each) => ({ id: String(each.id), name: titleOf(each) }))} />
          <Button isDisabled={chosen === null || isPending} onPress={() => mutate({ alert: Number(chosen), isTied: false })}>{t("add")}</Button>
        </div>
      )}
    </Panel>
  );
}
