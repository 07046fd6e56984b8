import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { Ago } from "@/parts/Ago";
import { Panel } from "@/parts/Panel";
import { RejectionWords } from "@/parts/RejectionWords";
import { Empty, Failed } from "@/parts/states";
import css from "../one/Sensor.module.css";

/** Messages of the device that were not taken: why, and what to do. */
export function Rejections({ device }: { device: string }): ReactNode {
  const t = useTranslations("sensors");
  const { id: municipality_id } = useMunicipality();
  const { data: found, error, refetch } = useQuery({
    queryKey: ["rejections", municipality_id, device],
    queryFn: () => data(api.GET("/api/v1/intake/rejections", { params: { query: { device_id: device, limit: 20, municipality_id } } })),
    refetchInterval: 30_000,
  });
  return (
    <Panel title={t("rejected")}>
      {error && <Failed problem={error} retry={() => void refetch()} />}
      {found?.length === 0 && <Empty>{t("noneRejected")}</Empty>}
      <ul className={css["plain"]}>
        {found?.map((each) => (
          <li key={`${each.at}${each.excerpt}`}>
            <div>
              <strong>{t(`reasons.${each.reason}`)}</strong> <small><Ago at={each.at} /></small>
              <RejectionWords of={each} />
              {each.excerpt && <code dir="ltr">{each.excerpt}</code>}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
