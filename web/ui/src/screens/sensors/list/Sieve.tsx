import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Input, Label, SearchField } from "react-aria-components";
import { useTranslations } from "use-intl";
import { api, data } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useSituation } from "@/live/use-live";
import { Choice } from "@/parts/Choice";
import { STATES, type Wanted } from "./sift";
import field from "@/parts/Field.module.css";
import css from "./List.module.css";

const PAUSE = 200;

/** Words, kind, state and zone of the sensors that are wanted. */
export function Sieve({ wanted, change }: { wanted: Wanted; change: (part: Partial<Wanted>) => void }): ReactNode {
  const t = useTranslations("sensors");
  const situation = useSituation();
  const { id: municipality_id } = useMunicipality();
  const { data: zones } = useQuery({
    queryKey: ["zones", municipality_id],
    queryFn: () => data(api.GET("/api/v1/zones", { params: { query: { municipality_id, limit: 1000 } } })),
    staleTime: 5 * 60_000,
  });
  const types = [...new Set([...situation.sensors.values()].map((each) => each.sensor_type))].sort();
  const typeName = (type: string): string => (t.has(`types.${type}` as "types.flow") ? t(`types.${type}` as "types.flow") : type);
  return (
    <search className={css["sieve"]}>
      <Words words={wanted.words} change={(words) => change({ words })} />
      <Choice
        label={t("state")}
        options={STATES.map((id) => ({ id, name: t(`states.${id}`) }))}
        value={wanted.state}
        onChange={(state) => change({ state })}
      />
      <Choice
        label={t("type")}
        options={[{ id: "", name: t("anyType") }, ...types.map((id) => ({ id, name: typeName(id) }))]}
        value={wanted.type}
        onChange={(type) => change({ type })}
      />
      {zones && zones.length > 0 && (
        <Choice
          label={t("zone")}
          options={[{ id: "", name: t("anyZone") }, ...zones.map((zone) => ({ id: String(zone.id), name: zone.name }))]}
          value={wanted.zone === null ? "" : String(wanted.zone)}
          onChange={(zone) => change({ zone: Number(zone) || null })}
        />
      )}
    </search>
  );
}

/** The address follows when somebody stops typing. */
function Words({ words, change }: { words: string; change: (words: string) => void }): ReactNode {
  const t = useTranslations("sensors");
  const [typed, type] = useState(words);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <SearchField
      className={field["field"] ?? ""}
      value={typed}
      onChange={(next) => {
        type(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => change(next), PAUSE);
      }}
    >
      <Label>{t("filter")}</Label>
      <Input />
    </SearchField>
  );
}
