import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, data } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useSituation } from "@/live/use-live";
import type { Overview } from "./glance";

const EVERY = 10_000;
/** A storm of alarms asks once, not a thousand times. */
const SOON = 1000;

/** How the municipality is, asked every few seconds and at once when an alarm changes. */
export function useOverview(): { overview: Overview | undefined; error: unknown; again: () => void } {
  const { id } = useMunicipality();
  const situation = useSituation();
  const { data: overview, error, refetch } = useQuery({
    queryKey: ["overview", id],
    queryFn: () => data(api.GET("/api/v1/overview", { params: { query: { municipality_id: id } } })),
    refetchInterval: EVERY,
    refetchIntervalInBackground: true,
    staleTime: 0,
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = situation.subscribe("alerts", () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void refetch();
      }, SOON);
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [situation, refetch]);
  return { overview, error, again: () => void refetch() };
}
