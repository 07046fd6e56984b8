import { useQuery } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { useMunicipality } from "@/app/municipality";

/** When the last alarm ended; null while one lasts, or where there never was one. */
export function useQuietSince(): number | null {
  const { id } = useMunicipality();
  const { data: last } = useQuery({
    queryKey: ["alert", "last", id],
    queryFn: () => data(api.GET("/api/v1/alerts", { params: { query: { limit: 20, sort: "-last_seen_at", municipality_id: id, status: ["resolved", "closed"] } } })),
    refetchInterval: 60_000,
  });
  const ends = (last ?? []).map((alert) => Date.parse(alert.resolved_at ?? alert.closed_at ?? alert.last_seen_at));
  return ends.length > 0 ? Math.max(...ends) : null;
}
