import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, type ReactNode } from "react";
import { GridList, GridListItem, ListLayout, Virtualizer } from "react-aria-components";
import { useTranslations } from "use-intl";
import { useSearchParams } from "wouter";
import { api, data } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { useSensor, useSituation } from "@/live/use-live";
import { Ago } from "@/parts/Ago";
import { Panel } from "@/parts/Panel";
import { Empty, Loading } from "@/parts/states";
import { useNow } from "@/parts/use-now";
import { StateSign } from "../StateSign";
import { Sieve } from "./Sieve";
import { ORDERS, readWanted, writeWanted, type Order, type Wanted } from "./sift";
import { useSifted } from "./use-sifted";
import { useNarrow } from "./use-narrow";
import css from "./List.module.css";

/** Every sensor with its newest value: thousands scroll, for only what is seen is drawn. */
export function ListScreen(): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const [said, say] = useSearchParams();
  const wanted = useMemo(() => readWanted(said), [said]);
  const change = (part: Partial<Wanted>): void => say(writeWanted({ ...wanted, ...part }), { replace: true });
  const inZone = useZone(wanted.zone);
  const { rows, all, loaded } = useSifted(useDeferredValue(wanted), inZone);
  const isNarrow = useNarrow();
  return (
    <Panel
      level={1}
      title={t("title")}
      actions={<span role="status" className={css["count"]}>{t("count", { found: format.number(rows.length), all: format.number(all) })}</span>}
      fill
    >
      <div className={css["screen"]}>
        <Sieve wanted={wanted} change={change} />
        {!isNarrow && <Orders wanted={wanted} change={change} />}
        {!loaded ? (
          <Loading />
        ) : (
          <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight: isNarrow ? 76 : 40 }}>
            <GridList
              aria-label={t("title")}
              items={rows}
              className={css["list"] ?? ""}
              data-narrow={isNarrow || undefined}
              renderEmptyState={() => <Empty>{all === 0 ? t("none") : t("noneFound")}</Empty>}
            >
              {(row) => <SensorRow id={row.id} />}
            </GridList>
          </Virtualizer>
        )}
      </div>
    </Panel>
  );
}

/** The ids of the sensors in a zone. */
function useZone(zone: number | null): ReadonlySet<number> | null {
  const { id: municipality_id } = useMunicipality();
  const { data: found } = useQuery({
    queryKey: ["zone-contents", municipality_id, zone],
    queryFn: () => data(api.GET("/api/v1/zones/{zone}/contents", { params: { path: { zone: zone ?? 0 }, query: { municipality_id } } })),
    enabled: zone !== null,
  });
  return useMemo(() => (found ? new Set(found.sensor_ids) : null), [found]);
}

function Orders({ wanted, change }: { wanted: Wanted; change: (part: Partial<Wanted>) => void }): ReactNode {
  const t = useTranslations("sensors");
  const press = (order: Order): void => change({ order, falling: wanted.order === order && !wanted.falling });
  return (
    <div className={css["orders"]} role="group" aria-label={t("sortBy")}>
      {ORDERS.map((order) => (
        <button key={order} type="button" data-order={order} aria-pressed={wanted.order === order} onClick={() => press(order)}>
          {t(`orders.${order}`)}
          <span aria-hidden="true">{wanted.order === order ? (wanted.falling ? " ↓" : " ↑") : ""}</span>
          {wanted.order === order && <span className="visually-hidden">{wanted.falling ? t("falling") : t("rising")}</span>}
        </button>
      ))}
    </div>
  );
}

function SensorRow({ id }: { id: number }): ReactNode {
  const name = useSituation().sensors.get(id)?.name ?? "";
  return (
    <GridListItem id={id} textValue={name} href={`/sensors/${id}`} className={css["row"] ?? ""}>
      <Cells id={id} />
    </GridListItem>
  );
}

function Cells({ id }: { id: number }): ReactNode {
  const sensor = useSensor(id);
  const t = useTranslations("sensors");
  const format = useFormat();
  const situation = useSituation();
  useNow(5000); // silence comes with time, not with a message
  if (!sensor) return null;
  const isSilent = situation.isSilent(sensor);
  return (
    <div className={css["cells"]} data-sensor={id}>
      <span className={css["name"]}>
        <bdi>{sensor.name}</bdi> <small><bdi>{sensor.device_id}</bdi></small>
      </span>
      <span className={css["type"]}>{t.has(`types.${sensor.sensor_type}` as "types.flow") ? t(`types.${sensor.sensor_type}` as "types.flow") : sensor.sensor_type}</span>
      <span className={css["value"]} data-stale={isSilent || undefined}>
        <bdi>{format.value(sensor.last_reading, sensor.unit)}</bdi>
      </span>
      <span className={css["age"]} data-stale={isSilent || undefined}>
        {isSilent && <span aria-hidden="true">⚠ </span>}
        <Ago at={sensor.last_reading_at} />
      </span>
      <StateSign sensor={sensor} isSilent={isSilent} worst={situation.worstOf(id)} />
    </div>
  );
}
