import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { tagged, type Tagged } from "@/parts/Edited";

export type Settings = Schemas["SettingsOut"];
export type Patch = Schemas["SettingsPatch"];
export type Spans = Required<Schemas["SpansBody"]>;

/** The settings of the municipality that is looked at. */
export function useSettings(): { found: UseQueryResult<Tagged<Settings>>; change: (body: Patch, etag: string) => Promise<unknown> } {
  const { id } = useMunicipality();
  const query = { municipality_id: id };
  const found = useQuery({ queryKey: ["settings", id, "tagged"], queryFn: () => tagged(api.GET("/api/v1/settings", { params: { query } })) });
  const change = (body: Patch, etag: string): Promise<unknown> =>
    data(api.PATCH("/api/v1/settings", { params: { query, header: { "If-Match": etag } }, body }));
  return { found, change };
}
