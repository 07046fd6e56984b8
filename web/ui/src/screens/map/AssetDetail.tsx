import { useMutation, useQuery } from "@tanstack/react-query";
import { Fragment, useMemo, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, whole } from "@/api/client";
import { useMay } from "@/api/may";
import { ApiProblem, problemOf } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Ago } from "@/parts/Ago";
import { Button } from "@/parts/Button";
import { Failed, Loading } from "@/parts/states";
import { tellDone } from "@/parts/toasts";
import { AssetEditor } from "./AssetEditor";
import { isMillimetres, unitOf, type Asset } from "./attributes";
import { placesOf } from "./geo";
import { point, type Feature } from "./live";
import { Pane } from "./Pane";
import type { Around } from "./Side";
import { useHighlight } from "./use-layers";
import { useRedraw } from "./use-map";
import css from "./Side.module.css";

/** An asset or a pipe: what is known of it, what happened to it, and changing it. */
export function AssetDetail({ id, close, ...around }: Around & { id: number; close: () => void }): ReactNode {
  const t = useTranslations("map");
  const may = useMay();
  const { id: municipality } = useMunicipality();
  const [isEditing, setEditing] = useState(false);
  const { data: found, error, refetch } = useQuery({
    queryKey: ["asset", municipality, id],
    queryFn: () =>
      whole(api.GET("/api/v1/network/assets/{asset}", { params: { path: { asset: id }, query: { municipality_id: municipality } } })),
  });
  const asset = found?.data;
  const features = useMemo(() => (asset ? [featureOf(asset)] : null), [asset]);
  useHighlight(around.engine, isEditing ? null : features);
  const title = asset ? <bdi>{asset.name ?? asset.code}</bdi> : t("find.kinds.asset");
  if (asset && isEditing) {
    const etag = found.headers.get("ETag");
    return (
      <Pane title={title} close={() => setEditing(false)}>
        <AssetEditor key={etag} {...around} kind={asset.kind} asset={asset} etag={etag} done={() => setEditing(false)} />
      </Pane>
    );
  }
  return (
    <Pane title={title} close={close}>
      {error && <Failed problem={error} retry={() => void refetch()} />}
      {!asset && !error && <Loading />}
      {asset && <Facts asset={asset} />}
      {asset && may("network.edit") && (
        <div className={css["row"]}>
          <Button icon="edit" onPress={() => setEditing(true)}>{t("edit.change")}</Button>
          <Remove asset={asset} etag={found.headers.get("ETag")} gone={close} again={() => void refetch()} />
        </div>
      )}
      {asset && <History id={id} />}
    </Pane>
  );
}

function featureOf(asset: Asset): Feature {
  const places = placesOf(asset.geometry).map(([lng, lat]): [number, number] => [lng, lat]);
  const [first] = places;
  if (first && asset.geometry.type === "Point") return point(first, {});
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: places } };
}

function Facts({ asset }: { asset: Asset }): ReactNode {
  const t = useTranslations("map");
  const format = useFormat();
  const detail = (name: string, value: string | number): string => {
    if (typeof value === "string") return value;
    return isMillimetres(name) ? `${format.number(Number((value * 1000).toPrecision(6)))} mm` : format.value(value, unitOf(name));
  };
  const rows: [string, string][] = [
    [t("field.kind"), t(`kinds.${asset.kind}`)],
    [t("field.code"), asset.code],
    [t("field.status"), t.has(`statuses.${asset.status as "open"}`) ? t(`statuses.${asset.status as "open"}`) : asset.status],
    ...(asset.material ? [[t("field.material"), asset.material] as [string, string]] : []),
    ...(asset.installed_on ? [[t("field.installed"), format.date(asset.installed_on)] as [string, string]] : []),
    ...(asset.start_node ? [[t("field.from"), asset.start_node] as [string, string]] : []),
    ...(asset.end_node ? [[t("field.to"), asset.end_node] as [string, string]] : []),
    ...Object.entries(asset.details).map(([name, value]): [string, string] => [
      t.has(`details.${name as "length_m"}`) ? t(`details.${name as "length_m"}`) : name, detail(name, value),
    ]),
    ...Object.entries(asset.attributes).map(([name, value]): [string, string] => [name, String(value ?? "–")]),
  ];
  return (
    <dl className={css["facts"]}>
      {rows.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd><bdi>{value}</bdi></dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Remove({ asset, etag, gone, again }: { asset: Asset; etag: string | null; gone: () => void; again: () => void }): ReactNode {
  const t = useTranslations("map");
  const app = useTranslations("app");
  const redraw = useRedraw();
  const [isAsking, setAsking] = useState(false);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const header = etag ? { "If-Match": etag } : {};
      const query = { municipality_id: asset.municipality_id };
      const { error: why, response } = await api.DELETE("/api/v1/network/assets/{asset}", { params: { path: { asset: asset.id }, query, header } });
      if (!response.ok) {
        throw problemOf(why, response.status);
      }
    },
    onSuccess: () => {
      redraw(asset.id);
      tellDone(t("edit.removed", { name: asset.name ?? asset.code }));
      gone();
    },
    onError: (problem) => {
      if (problem instanceof ApiProblem && problem.status === 412) again();
    },
  });
  if (!isAsking) return <Button icon="trash" onPress={() => setAsking(true)}>{app("delete")}</Button>;
  return (
    <>
      <Button kind="danger" icon="trash" isDisabled={isPending} onPress={() => mutate()} autoFocus>
        {t("edit.reallyRemove", { name: asset.name ?? asset.code })}
      </Button>
      <Button onPress={() => setAsking(false)}>{app("cancel")}</Button>
      {error && <Failed problem={error} />}
    </>
  );
}

function History({ id }: { id: number }): ReactNode {
  const t = useTranslations("map");
  const { id: municipality } = useMunicipality();
  const { data: chapters, error, refetch } = useQuery({
    queryKey: ["asset-history", municipality, id],
    queryFn: () =>
      data(api.GET("/api/v1/network/assets/{asset}/history", {
        params: { path: { asset: id }, query: { municipality_id: municipality, limit: 50 } },
      })),
  });
  return (
    <>
      <h3>{t("history.title")}</h3>
      {error && <Failed problem={error} retry={() => void refetch()} />}
      {chapters?.length === 0 && <p className={css["soft"]}>{t("history.none")}</p>}
      <ul className={css["story"]}>
        {chapters?.map((each) => (
          <li key={`${each.kind}:${each.id}`}>
            <bdi>{each.what}</bdi>
            <p>
              {t.has(`history.kinds.${each.kind as "edit"}`) ? t(`history.kinds.${each.kind as "edit"}`) : each.kind} · <Ago at={each.at} />
              {each.metres !== null && ` · ${t("history.metres", { metres: Math.round(each.metres) })}`}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
