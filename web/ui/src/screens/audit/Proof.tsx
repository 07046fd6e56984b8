import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { Ago } from "@/parts/Ago";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { useWhere, type Where } from "./filters";
import css from "./audit.module.css";

/** Whether every line is still what was written. */
export function Proof({ where }: { where: Where }): ReactNode {
  const t = useTranslations("audit");
  const query = useWhere(where);
  const proof = useQuery({
    queryKey: ["audit-proof", query],
    queryFn: () => data(api.GET("/api/v1/audit/proof", { params: { query } })),
    staleTime: 60_000,
  });
  return (
    <Panel
      title={t("proof")}
      actions={
        <Button isDisabled={proof.isFetching} onPress={() => void proof.refetch()}>
          {t("checkAgain")}
        </Button>
      }
    >
      <Asked of={proof}>
        {(found) => (
          <div className={css["stack"]}>
            <p className={found.sound ? "" : (css["wrong"] ?? "")} role="status">
              {found.sound ? t("sound", { count: found.lines }) : t("notSound", { count: found.findings.length })}{" "}
              <Ago at={proof.dataUpdatedAt} />
            </p>
            {found.findings.map((each) => (
              <p key={`${each.first}-${each.last}-${each.wrong}`} className={css["wrong"]}>
                {each.words}
              </p>
            ))}
            <p className={css["hint"]}>
              {t("publicKey")} <code>{found.public_key}</code>
            </p>
          </div>
        )}
      </Asked>
    </Panel>
  );
}
