import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { ApiProblem } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Text } from "@/parts/Text";
import { tellDone } from "@/parts/toasts";
import { DrawKeys } from "./DrawKeys";
import type { Around } from "./Side";
import { useRedraw } from "./use-map";
import { useSketch } from "./use-sketch";
import { areaOfPlaces, isSameOutline, plainOutline, ZONE_KINDS, type Area, type Zone, type ZoneKind } from "./zones";
import { Wrong } from "./Wrong";
import css from "./Side.module.css";

interface Said {
  name: string;
  kind: ZoneKind;
  geometry: Area | null;
}

/** Draw a zone or change one: its outline on the map, its name and what it is for, saved together. */
export function ZoneEditor({ engine, colours, change, zone, etag, done }: Pick<Around, "engine" | "colours" | "change"> & {
  zone: Zone | null;
  etag: string | null;
  done: () => void;
}): ReactNode {
  const t = useTranslations("map");
  const app = useTranslations("app");
  const outline = zone && plainOutline(zone.geometry);
  const isDrawable = zone === null || outline !== null;
  const { drawn, sketch } = useSketch(isDrawable ? engine : null, colours, outline ? { type: "Area", outline } : "area");
  const [name, setName] = useState(zone?.name ?? "");
  const [kind, setKind] = useState<ZoneKind>(zone?.kind ?? "dma");
  const save = useSaveZone(zone, etag, (kept) => {
    tellDone(t("edit.saved", { name: kept.name }));
    done();
    change({ selected: { kind: "zone", id: kept.id } });
  });
  const isMoved = drawn !== null && !(outline && isSameOutline(outline, drawn.places));
  const area = drawn?.isDone && isMoved ? areaOfPlaces(drawn.places) : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate({ name: name.trim(), kind, geometry: area });
  };
  const canSave = name.trim() !== "" && (zone !== null || area !== null);
  return (
    <form className={css["form"]} onSubmit={submit}>
      <p className={css["soft"]}>{t(isDrawable ? (zone ? "draw.drag" : "draw.howArea") : "zone.parts")}</p>
      {isDrawable && <DrawKeys sketch={sketch} drawn={drawn} shape="area" />}
      <Text label={t("field.name")} value={name} onChange={setName} maxLength={128} isRequired />
      <Choice label={t("field.kind")} value={kind} onChange={setKind} options={ZONE_KINDS.map((id) => ({ id, name: t(`zoneKinds.${id}`) }))} />
      <Wrong problem={save.error} />
      <div className={css["row"]}>
        <Button kind="primary" icon="check" type="submit" isDisabled={save.isPending || !canSave}>{app("save")}</Button>
        <Button onPress={done}>{app("cancel")}</Button>
      </div>
    </form>
  );
}

function useSaveZone(zone: Zone | null, etag: string | null, kept: (zone: Zone) => void): UseMutationResult<Zone, Error, Said> {
  const redraw = useRedraw();
  const { id: municipality } = useMunicipality();
  const [key] = useState(newKey);
  return useMutation<Zone, Error, Said>({
    mutationFn: async ({ geometry, ...said }) => {
      const query = { municipality_id: municipality };
      if (!zone) {
        const body = { ...said, geometry } as Schemas["ZoneIn"];
        return (await data(api.POST("/api/v1/zones", { params: { query, header: { "Idempotency-Key": key } }, body }))) as Zone;
      }
      const header = etag ? { "If-Match": etag } : {};
      const body = { ...said, ...(geometry && { geometry }) } as Schemas["ZonePatch"];
      return (await data(api.PATCH("/api/v1/zones/{zone}", { params: { path: { zone: zone.id }, query, header }, body }))) as Zone;
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
