import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { api, data } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { useChangePreferences, usePreferences } from "@/app/preferences";
import type { Place } from "./csv";
import type { Besides, Progress } from "./steps";

/** How far set-up has come, as the municipality's data says. */
export function useProgress(): UseQueryResult<Progress> {
  const { id } = useMunicipality();
  const may = useMay();
  return useQuery({
    queryKey: ["setup-progress", id],
    queryFn: () => data(api.GET("/api/v1/setup/progress", { params: { query: { municipality_id: id } } })),
    enabled: may("network.view"),
    refetchInterval: 15_000,
  });
}

/** What else tells of a step: the place, and the person's own second factor. */
export function useBesides(): Besides {
  const factor = useQuery({ queryKey: ["totp"], queryFn: () => data(api.GET("/api/v1/auth/totp")) });
  return { hasPlace: useTownPlace().place !== null, hasFactor: factor.data?.enabled ?? false };
}

/** Where the municipality lies, as this person said; kept with their preferences. */
export function useTownPlace(): { place: Place | null; setPlace: (place: Place) => void } {
  const { id } = useMunicipality();
  const { ui } = usePreferences();
  const change = useChangePreferences();
  const kept = (ui["places"] ?? {}) as Record<string, Place>;
  const setPlace = (place: Place): void => change({ ui: { ...ui, places: { ...kept, [id]: place } } as never });
  return { place: kept[String(id)] ?? null, setPlace };
}
