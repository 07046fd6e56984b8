import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Ago } from "@/parts/Ago";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { RejectionWords } from "@/parts/RejectionWords";
import { Rows } from "@/parts/Rows";
import { Text } from "@/parts/Text";
import { useDoor } from "./doors";
import css from "./devices.module.css";

const NEWS = 10_000;
const PAGE = 100;
const MOST = 1000;

/** What became of the messages, and of those that were not taken: why, and what helps. */
export function RejectedTab(): ReactNode {
  return (
    <>
      <Ledger />
      <Rejected />
    </>
  );
}

function Ledger(): ReactNode {
  const t = useTranslations("devices");
  const app = useTranslations("devices.reasons");
  const format = useFormat();
  const { id } = useMunicipality();
  const ledger = useQuery({
    queryKey: ["ledger", id],
    queryFn: () => data(api.GET("/api/v1/ledger", { params: { query: { municipality_id: id } } })),
    refetchInterval: NEWS,
  });
  return (
    <Panel title={t("ledger")}>
      <Asked of={ledger}>
        {({ rejected, ...taken }) => (
          <dl className={css["figures"]}>
            {(["received", "stored", "duplicate", "late", "quarantined"] as const).map((each) => (
              <Figure key={each} name={t(`became.${each}`)} value={format.number(taken[each])} />
            ))}
            {Object.entries(rejected).map(([reason, count]) => (
              <Figure key={reason} name={app(reason as Schemas["Reason"])} value={format.number(count)} />
            ))}
          </dl>
        )}
      </Asked>
    </Panel>
  );
}

function Figure({ name, value }: { name: string; value: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </div>
  );
}

function Rejected(): ReactNode {
  const t = useTranslations("devices");
  const app = useTranslations("app");
  const door = useDoor();
  const { id } = useMunicipality();
  const [device, setDevice] = useState("");
  const [limit, setLimit] = useState(PAGE);
  const query = { municipality_id: id, limit, ...(device.trim() && { q: device.trim() }) };
  const found = useQuery({
    queryKey: ["rejections", id, device.trim(), limit],
    queryFn: () => data(api.GET("/api/v1/intake/rejections", { params: { query } })),
    refetchInterval: NEWS,
    placeholderData: (before) => before,
  });
  return (
    <Panel title={t("rejected")}>
      <div className={css["stack"]}>
        <Text label={app("search")} type="search" value={device} onChange={setDevice} />
        <Asked of={found} empty={t("noneRejected")}>
          {(all) => (
            <Rows
              label={t("rejected")}
              rows={all.map((each, number) => ({ ...each, number }))}
              keyOf={(each) => each.number}
              columns={[
                { name: t("device"), isHead: true, cell: (each) => <bdi>{each.device_id || "–"}</bdi> },
                { name: t("when"), cell: (each) => <Ago at={each.at} /> },
                { name: t("door"), cell: (each) => door(each.door) },
                { name: t("why"), cell: (each) => <Why of={each} /> },
                { name: t("said"), cell: (each) => <bdi className={css["mono"]}>{each.excerpt}</bdi> },
              ]}
            />
          )}
        </Asked>
        {found.data?.length === limit && limit < MOST && <Button onPress={() => setLimit(MOST)}>{app("showMore")}</Button>}
      </div>
    </Panel>
  );
}

function Why({ of }: { of: Schemas["RejectionOut"] }): ReactNode {
  const t = useTranslations("devices.reasons");
  return (
    <>
      <strong>{t(of.reason)}</strong>
      <RejectionWords of={of} />
    </>
  );
}
