import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, whole } from "@/api/client";
import { useMay } from "@/api/may";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Sheet } from "@/parts/Sheet";
import { Empty, Failed, Loading } from "@/parts/states";
import { Text } from "@/parts/Text";
import { useFormat } from "@/format/use-format";
import { Details } from "./Details";
import { Proof } from "./Proof";
import { askOf, useFilters, useWhere, type Filters, type Line } from "./filters";
import { Export } from "./Export";
import css from "./audit.module.css";

/** Who did what and when; nobody can change it unnoticed. */
export default function AuditScreen(): ReactNode {
  const app = useTranslations("app");
  const [filters, setFilters] = useFilters();
  return (
    <div className={css["stack"]}>
      <h1>{app("screens.audit")}</h1>
      <Proof where={filters.where} />
      <Lines filters={filters} setFilters={setFilters} />
    </div>
  );
}

function Lines({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }): ReactNode {
  const t = useTranslations("audit");
  const app = useTranslations("app");
  const format = useFormat();
  const where = useWhere(filters.where);
  const [looked, setLooked] = useState<Line | null>(null);
  const asked = askOf(filters);
  const lines = useInfiniteQuery({
    queryKey: ["audit", where, asked],
    initialPageParam: null as number | null,
    queryFn: async ({ pageParam }) => {
      const query = { ...where, ...asked, ...(pageParam !== null && { cursor: pageParam }) };
      return whole(api.GET("/api/v1/audit", { params: { query } }));
    },
    getNextPageParam: ({ headers }) => {
      const next = headers.get("X-Next-Cursor");
      return next === null ? undefined : Number(next);
    },
    placeholderData: (before) => before,
  });
  const found = lines.data?.pages.flatMap((page) => page.data) ?? [];
  const total = lines.data?.pages[0]?.headers.get("X-Total-Count");
  return (
    <Panel title={t("lines")} actions={<Export filters={filters} />}>
      <div className={css["stack"]}>
        <Filter filters={filters} setFilters={setFilters} />
        {lines.isPending && <Loading />}
        {lines.isError && <Failed problem={lines.error} retry={() => void lines.refetch()} />}
        {total && <p role="status">{t("found", { count: Number(total) })}</p>}
        {lines.data && found.length === 0 && <Empty>{t("nothing")}</Empty>}
        {found.length > 0 && (
          <Rows
            label={t("lines")}
            rows={found}
            keyOf={(line) => line.number}
            columns={[
              { name: t("number"), isHead: true, cell: (line) => <bdi>{line.number}</bdi> },
              { name: t("when"), cell: (line) => format.dateTime(line.at) },
              { name: t("who"), cell: (line) => <bdi>{line.who.name || t(`kinds.${kindOf(line)}`)}</bdi> },
              { name: t("action"), cell: (line) => <bdi>{line.action}</bdi> },
              { name: t("object"), cell: (line) => <bdi>{[line.object.kind, line.object.name || line.object.id].filter(Boolean).join(" ")}</bdi> },
              { name: t("outcome"), cell: (line) => <Outcome of={line.outcome} /> },
            ]}
            actions={(line) => (
              <Button aria-label={`${t("details")}: ${line.number}`} onPress={() => setLooked(line)}>
                {t("details")}
              </Button>
            )}
          />
        )}
        {lines.hasNextPage && (
          <Button isDisabled={lines.isFetchingNextPage} onPress={() => void lines.fetchNextPage()}>
            {app("showMore")}
          </Button>
        )}
      </div>
      <Sheet title={looked ? `${looked.number}: ${looked.action}` : t("details")} wide isOpen={looked !== null} onClose={() => setLooked(null)}>
        {looked && <Details line={looked} />}
      </Sheet>
    </Panel>
  );
}

type WhoKind = "user" | "token" | "device" | "system" | "nobody";

function kindOf(line: Line): WhoKind {
  return line.who.kind as WhoKind;
}

function Outcome({ of }: { of: string }): ReactNode {
  const t = useTranslations("audit.outcomes");
  if (of === "done") return t("done");
  return <strong className={css["wrong"]}>{of === "refused" ? t("refused") : t("failed")}</strong>;
}

function Filter({ filters, setFilters }: { filters: Filters; setFilters: (change: Partial<Filters>) => void }): ReactNode {
  const t = useTranslations("audit");
  const app = useTranslations("app");
  const maySystem = useMay()("system.administer");
  const outcomes = [{ id: "any", name: t("any") }, ...(["done", "refused", "failed"] as const).map((id) => ({ id, name: t(`outcomes.${id}`) }))];
  return (
    <div className={css["filters"]} role="search">
      <Text label={app("search")} type="search" hint={t("searchHint")} value={filters.text} onChange={(text) => setFilters({ text })} />
      <Text label={t("who")} value={filters.actor} onChange={(actor) => setFilters({ actor })} />
      <Text label={t("action")} hint={t("actionHint")} value={filters.action} onChange={(action) => setFilters({ action })} />
      <Choice label={t("outcome")} options={outcomes} value={filters.outcome || "any"} onChange={(outcome) => setFilters({ outcome: outcome === "any" ? "" : outcome })} />
      <Text label={t("since")} type="datetime-local" value={filters.since} onChange={(since) => setFilters({ since })} />
      <Text label={t("until")} type="datetime-local" value={filters.until} onChange={(until) => setFilters({ until })} />
      {maySystem && (
        <Choice
          label={t("where")}
          options={[
            { id: "here", name: t("here") },
            { id: "system", name: t("ofSystem") },
          ]}
          value={filters.where}
          onChange={(where) => setFilters({ where: where === "system" ? "system" : "here" })}
        />
      )}
    </div>
  );
}
