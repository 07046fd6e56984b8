import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { download } from "@/parts/save";
import { useTellFailed } from "@/parts/toasts";
import { PARTS } from "virtual:parts-of-the-screens";
import css from "./about.module.css";

interface Part {
  name: string;
  version: string;
  licence: string;
}

/** What others wrote that is in this Weir, and under which terms. */
export function Parts(): ReactNode {
  const t = useTranslations("about");
  const failed = useTellFailed();
  const found = useQuery({ queryKey: ["parts"], queryFn: () => data(api.GET("/api/v1/parts")), staleTime: Infinity });
  return (
    <Panel title={t("parts")}>
      <div className={css["stack"]}>
        <p>{t("partsHint")}</p>
        <Asked of={found}>{({ parts }) => <Several title={t("partsOfServer")} parts={parts} />}</Asked>
        <Several title={t("partsOfScreens")} parts={PARTS} />
        <div>
          <Button icon="download" onPress={() => void download("/api/v1/parts/licences", "licences.txt").catch(failed)}>
            {t("licenceTexts")}
          </Button>
        </div>
      </div>
    </Panel>
  );
}

function Several({ title, parts }: { title: string; parts: readonly Part[] }): ReactNode {
  const t = useTranslations("about");
  return (
    <details>
      <summary>{`${title} (${parts.length})`}</summary>
      <Rows
        label={title}
        rows={parts}
        keyOf={(one) => `${one.name} ${one.version}`}
        columns={[
          { name: t("part"), isHead: true, cell: (one) => <bdi>{one.name}</bdi> },
          { name: t("versionOf"), cell: (one) => <bdi>{one.version || "–"}</bdi> },
          { name: t("licence"), cell: (one) => <bdi>{one.licence || t("noLicence")}</bdi> },
        ]}
      />
    </details>
  );
}
