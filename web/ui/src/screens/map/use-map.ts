import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { api, data, type Schemas } from "@/api/client";
import { useChangePreferences, usePreferences } from "@/app/preferences";
import { useMunicipality } from "@/app/municipality";
import { isVector, type Base } from "./base";
import { placeOf, searchOf, type Place } from "./place";

/** What others drew shows after so long. */
const LOOK_AGAIN = 60_000;

export interface BaseMap {
  base: Base;
  named: string[];
}

/** What there is on the map of the municipality that is looked at. */
export function useNetwork(): { network: Schemas["MapOut"] | undefined; problem: unknown; retry: () => void } {
  const { id } = useMunicipality();
  const { data: network, error, refetch } = useQuery({
    queryKey: ["map", id],
    queryFn: async () => (await data(api.GET("/api/v1/map", { params: { query: { municipality_id: id } } }))) as Schemas["MapOut"],
    refetchInterval: LOOK_AGAIN,
  });
  return { network, problem: error, retry: () => void refetch() };
}

/** Whether the person wants to see the base map; wherever they sign in. */
export function useBaseShown(): [boolean, (isShown: boolean) => void] {
  const { ui } = usePreferences();
  const change = useChangePreferences();
  return [ui["baseMap"] !== "off", (isShown) => change({ ui: { ...ui, baseMap: isShown ? "on" : "off" } as never })];
}

/** The base map; null where there is none, undefined while nobody knows. */
export function useBase(): BaseMap | null | undefined {
  const { id } = useMunicipality();
  const { data: found, isPending } = useQuery({ queryKey: ["map-base", id], queryFn: () => baseOf(id), staleTime: 300_000 });
  return isPending ? undefined : (found ?? null);
}

async function baseOf(municipality: number): Promise<BaseMap | null> {
  const query = { municipality_id: municipality };
  const base = (await data(api.GET("/api/v1/map/base", { params: { query } }))) as Base | null;
  if (!base) return null;
  if (base.format !== "pmtiles") return { base, named: [] };
  const { openPmtiles } = await import("./pmtiles");
  const named = await openPmtiles(base);
  return { base, named: isVector(base) ? named : [] };
}

/** What is looked at, kept in the address: see place.ts. A selection can be gone back from. */
export function usePlace(): [Place, (change: Partial<Place>) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const place = useMemo(() => placeOf(search), [search]);
  const change = useCallback(
    (part: Partial<Place>) => {
      const before = location.search;
      const after = searchOf(before, { ...placeOf(before), ...part });
      if (after === before.slice(1)) return;
      navigate(`/map${after && `?${after}`}`, { replace: !("selected" in part) });
    },
    [navigate],
  );
  return [place, change];
}

/** Have everything fetched anew that an edit of the network changes. */
export function useRedraw(): (gone?: number) => void {
  const queries = useQueryClient();
  return useCallback((gone) => {
    for (const key of ["map", "asset", "zone", "zones", "overview", "edits", "asset-history"]) {
      // What was just removed would only be answered as not found.
      void queries.invalidateQueries({ queryKey: [key], predicate: ({ queryKey }) => gone === undefined || !queryKey.includes(gone) });
    }
  }, [queries]);
}

/** The assets within some metres of a place, the nearest first. */
export async function assetsNear(at: readonly [number, number], metres: number, municipality: number): Promise<Schemas["AssetOut"][]> {
  // One parameter with a comma in it, as the API wants it, and not one for each number.
  const near = [at.join(",")] as unknown as number[];
  const query = { near, within_metres: metres, limit: 10, municipality_id: municipality };
  return (await data(api.GET("/api/v1/network/assets", { params: { query } }))) as Schemas["AssetOut"][];
}
