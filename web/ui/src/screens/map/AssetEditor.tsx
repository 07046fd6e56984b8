import { useMutation, useQuery, type UseMutationResult } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { Button } from "@/parts/Button";
import { tellDone } from "@/parts/toasts";
import { FieldsOf } from "./AssetFields";
import { bodyOf, fieldsOf, geometryOf, isSame, LINKS, numbersOf, typed, type Asset, type AssetKind } from "./attributes";
import { DrawKeys } from "./DrawKeys";
import type { Geometry, Position } from "./geo";
import type { Around } from "./Side";
import type { Drawn, Shape, Sketch } from "./sketch";
import { useSketch } from "./use-sketch";
import { assetsNear, useRedraw } from "./use-map";
import { newKey } from "@/api/keys";
import { Wrong } from "./Wrong";
import css from "./Side.module.css";

/** Metres from a node within which an end of a new pipe is meant to join it. */
const JOINS = 1;

type Saved = ReturnType<typeof bodyOf> & { kind: AssetKind; geometry: Geometry | null } & Joins;

interface Props extends Pick<Around, "engine" | "colours" | "change"> {
  kind: AssetKind;
  asset: Asset | null;
  etag: string | null;
  done: () => void;
}

/** Draw a new asset or change one: its place on the map and what is known of it, saved together. */
export function AssetEditor({ engine, colours, change, kind, asset, etag, done }: Props): ReactNode {
  const t = useTranslations("map");
  const app = useTranslations("app");
  const { id: municipality } = useMunicipality();
  const isLink = LINKS.includes(kind);
  const shape = isLink ? "line" : "point";
  const { drawn, sketch } = useSketch(engine, colours, asset?.geometry ?? shape);
  const [fields, setFields] = useState(() => fieldsOf(kind, asset));
  const joins = useJoins(isLink && !asset && drawn?.isDone ? drawn.places : null, municipality);
  const numbers = numbersOf(kind, asset?.details ?? {});
  const wrong = numbers.filter((name) => typed(name, fields.numbers[name] ?? "") === undefined);
  const save = useSave(asset, etag, (kept) => {
    tellDone(t("edit.saved", { name: kept.name ?? kept.code }));
    done();
    change({ selected: { kind: "asset", id: kept.id } });
  });
  const isDrawn = drawn?.isDone ?? false;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const geometry = drawn ? geometryOf(kind, drawn.places) : null;
    save.mutate({ ...bodyOf(fields, numbers, asset), kind, geometry, ...joins });
  };
  return (
    <form className={css["form"]} onSubmit={submit}>
      <Placing isNew={!asset} shape={shape} sketch={sketch} drawn={drawn} />
      <FieldsOf fields={fields} setFields={setFields} numbers={numbers} wrong={wrong} isNew={!asset} />
      <Joined joins={joins} />
      <Wrong problem={save.error} />
      <div className={css["row"]}>
        <Button kind="primary" icon="check" type="submit" isDisabled={save.isPending || wrong.length > 0 || (!asset && !isDrawn)}>{app("save")}</Button>
        <Button onPress={done}>{app("cancel")}</Button>
      </div>
    </form>
  );
}

function Placing({ isNew, shape, sketch, drawn }: { isNew: boolean; shape: Shape; sketch: Sketch | null; drawn: Drawn | null }): ReactNode {
  const t = useTranslations("map");
  if (isNew) {
    return (
      <>
        <p className={css["soft"]}>{t(shape === "line" ? "draw.how" : "draw.howPoint")}</p>
        <DrawKeys sketch={sketch} drawn={drawn} shape={shape} />
      </>
    );
  }
  return (
    <>
      <p className={css["soft"]}>{t("draw.drag")}</p>
      {shape === "point" && (
        <Button icon="pin" isDisabled={!sketch} onPress={() => sketch?.addAtCentre()}>{t("draw.moveHere")}</Button>
      )}
    </>
  );
}

function Joined({ joins }: { joins: Joins | null }): ReactNode {
  const t = useTranslations("map");
  if (!joins?.start_node && !joins?.end_node) return null;
  return <p className={css["soft"]}>{t("edit.joins", { from: joins.start_node ?? "–", to: joins.end_node ?? "–" })}</p>;
}

function useSave(asset: Asset | null, etag: string | null, kept: (asset: Asset) => void): UseMutationResult<Asset, Error, Saved> {
  const redraw = useRedraw();
  const { id: municipality } = useMunicipality();
  const [key] = useState(newKey);
  return useMutation<Asset, Error, Saved>({
    mutationFn: async ({ kind, geometry, ...said }) => {
      const query = { municipality_id: municipality };
      if (!asset) {
        const body = { ...said, kind, geometry } as Schemas["AssetIn"];
        return (await data(api.POST("/api/v1/network/assets", { params: { query, header: { "Idempotency-Key": key } }, body }))) as Asset;
      }
      const header = etag ? { "If-Match": etag } : {};
      const body = { ...said, ...(geometry && !isSame(geometry, asset.geometry) && { geometry }) } as Schemas["AssetChange"];
      return (await data(api.PATCH("/api/v1/network/assets/{asset}", { params: { path: { asset: asset.id }, query, header }, body }))) as Asset;
    },
    onSuccess: (saved) => {
      redraw();
      kept(saved);
    },
    onError: (problem) => {
      if (problem instanceof ApiProblem && problem.status === 412) redraw();
    },
  });
}

interface Joins {
  start_node?: string;
  end_node?: string;
}

/** The nodes on which the ends of a new line lie: it belongs to them then, and follows when they are moved. */
function useJoins(places: readonly Position[] | null, municipality: number): Joins | null {
  const first = places?.[0];
  const last = places?.at(-1);
  const { data: joins } = useQuery({
    queryKey: ["joins", municipality, first?.join(), last?.join()],
    queryFn: async (): Promise<Joins> => {
      if (!first || !last) return {};
      const [from, to] = await Promise.all([nodeAt(first, municipality), nodeAt(last, municipality)]);
      return { ...(from && { start_node: from }), ...(to && { end_node: to }) };
    },
    enabled: first !== undefined && last !== undefined,
  });
  return joins ?? null; // without an answer it joins nothing yet, which can be set right later
}

async function nodeAt([lng, lat]: Position, municipality: number): Promise<string | null> {
  const found = await assetsNear([lng, lat], JOINS, municipality);
  return found.find(({ kind }) => !LINKS.includes(kind))?.code ?? null;
}
