import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { Ago } from "@/parts/Ago";
import { Asked } from "@/parts/Asked";
import { Panel } from "@/parts/Panel";

/** Whether what the municipality has is in a backup; making them is for who runs the computer. */
export function Safety(): ReactNode {
  const t = useTranslations("settings");
  const { id } = useMunicipality();
  const query = { municipality_id: id };
  const found = useQuery({ queryKey: ["backups", id], queryFn: () => data(api.GET("/api/v1/backups", { params: { query } })) });
  return (
    <Panel title={t("safety")}>
      <Asked of={found}>
        {({ newest_at: at, nightly, whole }) => (
          <>
            <p>{at ? <>{t("newestBackup")} <Ago at={at} /> {whole === false && <strong>{t("backupFlawed")}</strong>}</> : t("noBackup")}</p>
            <p>{nightly ? t("backupNightly") : t("backupNotNightly")}</p>
          </>
        )}
      </Asked>
    </Panel>
  );
}
