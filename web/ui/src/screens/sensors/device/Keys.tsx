import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { Ago } from "@/parts/Ago";
import { Panel } from "@/parts/Panel";
import { Empty, Failed } from "@/parts/states";
import css from "../one/Sensor.module.css";

/** Which keys the device has, by their fingerprints; keys themselves are shown only when they are made. */
export function Keys({ sensor }: { sensor: number }): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const { data: found, error, refetch } = useQuery({
    queryKey: ["sensor-keys", sensor],
    queryFn: () => data(api.GET("/api/v1/sensors/{sensor}/keys", { params: { path: { sensor } } })),
  });
  return (
    <Panel title={t("keys")}>
      {error && <Failed problem={error} retry={() => void refetch()} />}
      {found?.length === 0 && <Empty>{t("noKeys")}</Empty>}
      <ul className={css["plain"]}>
        {found?.map((key) => (
          <li key={key.fingerprint}>
            <div>
              <code dir="ltr">{key.fingerprint}</code>
              <p>
                {key.last_used_at ? <>{t("lastUsed")} <Ago at={key.last_used_at} /></> : t("neverUsed")}
                {key.valid_until && ` · ${t("validUntil", { at: format.dateTime(key.valid_until) })}`}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
