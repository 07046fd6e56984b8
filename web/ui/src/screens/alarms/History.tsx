import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useDeferredValue, useMemo, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, useLocation, useSearchParams } from "wouter";
import { api, whole } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { SEVERITIES, type Alert, type AlertStatus } from "@/live/situation";
import { useSituation } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { PriorityMark } from "@/parts/PriorityMark";
import { saveCsv } from "@/parts/save";
import { Empty, Failed, Loading } from "@/parts/states";
import { Text } from "@/parts/Text";
import { useTellFailed } from "@/parts/toasts";
import { useReason } from "@/parts/use-reason";
import { useTitle } from "@/parts/use-title";
import { Detail } from "./Detail";
import { alarmsCsv, allOf, soughtOf } from "./history";
import { useColleagues, useNameOf } from "./people";
import css from "./Screen.module.css";

const PAGE = 100;
const STATUSES: readonly AlertStatus[] = ["open", "acknowledged", "in_progress", "resolved", "closed"];
const ANY = "any";

/** Every alarm that ever was: found by words, priority, status and days; saved as CSV. */
export function History({ open }: { open: number | null }): ReactNode {
  const t = useTranslations("alarms");
  const [search, setSearch] = useSearchParams();
  const [, navigate] = useLocation();
  const query = search.size > 0 ? `?${search}` : "";
  const go = (id: number | null): void => navigate(`/alarms/history${id === null ? "" : `/${id}`}${query}`);
  const set = (name: string, value: string): void =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (value && value !== ANY) after.set(name, value);
      else after.delete(name);
      return after;
    }, { replace: true });
  return (
    <div className={css["both"]}>
      <section className={css["pane"]} aria-label={t("history")}>
        <Search search={search} set={set} />
        <Found search={search} open={open} query={query} />
      </section>
      <section className={css["aside"]} aria-label={t("one")}>
        {open === null ? <Empty>{t("chooseOne")}</Empty> : <Detail key={open} id={open} onClose={() => go(null)} />}
      </section>
    </div>
  );
}

function Search({ search, set }: { search: URLSearchParams; set: (name: string, value: string) => void }): ReactNode {
  const t = useTranslations("alarms");
  const app = useTranslations("app");
  const any = { id: ANY, name: t("any") };
  return (
    <div className={css["filters"]} role="search">
      <Text label={t("find")} value={search.get("q") ?? ""} onChange={(words) => set("q", words)} />
      <Choice label={t("priority")} value={search.get("severity") ?? ANY} onChange={(value) => set("severity", value)}
        options={[any, ...SEVERITIES.map((each) => ({ id: each as string, name: app(`severity.${each}`) }))]} />
      <Choice label={t("standing")} value={search.get("status") ?? ANY} onChange={(value) => set("status", value)}
        options={[any, ...STATUSES.map((each) => ({ id: each as string, name: app(`status.${each}`) }))]} />
      <Text label={t("fromDay")} type="date" value={search.get("from") ?? ""} onChange={(day) => set("from", day)} />
      <Text label={t("toDay")} type="date" value={search.get("to") ?? ""} onChange={(day) => set("to", day)} />
      <Export search={search} />
    </div>
  );
}

/** What is found, as a file. */
function Export({ search }: { search: URLSearchParams }): ReactNode {
  const titleOf = useTitle();
  const why = useReason();
  const t = useTranslations("alarms");
  const may = useMay();
  const failed = useTellFailed();
  const situation = useSituation();
  const people = useColleagues();
  const { id } = useMunicipality();
  const { mutate, isPending } = useMutation({
    mutationFn: async () => {
      const found = await allOf(soughtOf(search, id));
      const names = {
        sensor: (sensor: number | null) => (sensor === null ? undefined : situation.sensors.get(sensor)),
        person: (person: number | null) => (person === null ? "" : (people.find((each) => each.id === person)?.name ?? String(person))),
        title: titleOf,
        why,
      };
      saveCsv("alarms.csv", alarmsCsv(found, names));
    },
    onError: failed,
  });
  if (!may("data.export")) return null;
  return <Button icon="download" isDisabled={isPending} onPress={() => mutate()}>{t("export")}</Button>;
}

function Found({ search, open, query }: { search: URLSearchParams; open: number | null; query: string }): ReactNode {
  const t = useTranslations("alarms");
  const { id: municipality } = useMunicipality();
  const wanted = useDeferredValue(search.toString());
  const filter = useMemo(() => ({ ...soughtOf(new URLSearchParams(wanted), municipality), limit: PAGE }), [wanted, municipality]);
  const { data: pages, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["alert", "history", filter],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      whole(api.GET("/api/v1/alerts", { params: { query: { ...filter, cursor: pageParam } } })),
    getNextPageParam: (last) => last.headers.get("X-Next-Cursor") ?? undefined,
  });
  if (error) return <Failed problem={error} retry={() => void refetch()} />;
  if (!pages) return <Loading />;
  const rows = pages.pages.flatMap((page) => page.data);
  const total = Number(pages.pages[0]?.headers.get("X-Total-Count") ?? rows.length);
  if (rows.length === 0) return <Empty>{t("noneSo")}</Empty>;
  return (
    <>
      <div className={css["scroll"]}>
        <table className={css["table"]}>
          <thead>
            <tr>
              <th scope="col">{t("priority")}</th>
              <th scope="col">{t("one")}</th>
              <th scope="col">{t("raised")}</th>
              <th scope="col">{t("standing")}</th>
            </tr>
          </thead>
          <tbody>{rows.map((alert) => <Past key={alert.id} alert={alert} isOpen={alert.id === open} query={query} />)}</tbody>
        </table>
        {hasNextPage && <Button isDisabled={isFetchingNextPage} onPress={() => void fetchNextPage()}>{t("older")}</Button>}
      </div>
      <p className={css["foot"]} role="status">{t("counted", { shown: rows.length, all: total })}</p>
    </>
  );
}

function Past({ alert, isOpen, query }: { alert: Alert; isOpen: boolean; query: string }): ReactNode {
  const titleOf = useTitle();
  const app = useTranslations("app");
  const why = useReason();
  const format = useFormat();
  const nameOf = useNameOf();
  return (
    <tr data-open={isOpen || undefined}>
      <td><PriorityMark severity={alert.severity} hollow={alert.status !== "open"} /></td>
      <th scope="row">
        <Link href={`/alarms/history/${alert.id}${query}`} aria-current={isOpen ? "true" : undefined}><span dir="auto">{titleOf(alert)}</span></Link>
        <small dir="auto">{why(alert)}</small>
      </th>
      <td><bdi>{format.dateTime(alert.raised_at)}</bdi></td>
      <td>
        {app(`status.${alert.status}`)}
        {alert.acknowledged_by !== null && <small><bdi>{nameOf(alert.acknowledged_by)}</bdi></small>}
      </td>
    </tr>
  );
}
