import { queryOptions } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";

export type Rule = Schemas["RuleOut"];
export type Condition = Rule["condition"];

/** All rules of the municipality, by name. */
export function useAllRules() {
  const { id: municipality_id } = useMunicipality();
  return queryOptions({
    queryKey: ["rules", municipality_id],
    queryFn: () => data(api.GET("/api/v1/rules", { params: { query: { municipality_id, limit: 1000 } } })),
    staleTime: 30_000,
  });
}

/** The kinds of sensors there are, with their quantities. */
export function useTypes() {
  const { id: municipality_id } = useMunicipality();
  return queryOptions({
    queryKey: ["sensor-types", municipality_id],
    queryFn: () => data(api.GET("/api/v1/sensor-types", { params: { query: { municipality_id, limit: 1000 } } })),
    staleTime: 5 * 60_000,
  });
}
