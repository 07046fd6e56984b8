import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { api, data, whole, type Schemas } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { orKept, type Aged } from "@/offline/kept";
import { useTellFailed } from "@/parts/toasts";

export type Work = Schemas["EntryOut"];
export type WorkStatus = Schemas["WorkStatus"];
export const STATUSES = ["planned", "in_progress", "done", "cancelled"] as const satisfies WorkStatus[];
const MOST = 500;
const EVERY = 30_000;

export function useWork(): { found: Aged<Work[]> | undefined; error: unknown; again: () => void } {
  const { id } = useMunicipality();
  const { data: found, error, refetch } = useQuery({
    queryKey: ["maintenance", id],
    queryFn: () => orKept(id, "maintenance", () =>
      data(api.GET("/api/v1/maintenance", { params: { query: { limit: MOST, municipality_id: id } } }))),
    refetchInterval: EVERY,
  });
  return { found, error, again: () => void refetch() };
}

/** Change a piece of work as it was seen; where somebody else was faster, theirs is shown. */
export function useChangeWork(): { change: (work: Work, body: Schemas["EntryChange"]) => void; isBusy: boolean } {
  const t = useTranslations("maintenance");
  const queries = useQueryClient();
  const failed = useTellFailed();
  const { id } = useMunicipality();
  const { mutate, isPending } = useMutation({
    mutationFn: async ({ work, body }: { work: Work; body: Schemas["EntryChange"] }) => {
      const params = { path: { entry: work.id }, query: { municipality_id: id } };
      const now = await whole(api.GET("/api/v1/maintenance/{entry}", { params }));
      if (now.data.version !== work.version) throw new ApiProblem("", 412);
      const header = { "If-Match": now.headers.get("ETag") ?? "*" };
      return data(api.PATCH("/api/v1/maintenance/{entry}", { params: { ...params, header }, body }));
    },
    onError: (problem) => failed(problem instanceof ApiProblem && problem.status === 412 ? new Error(t("changedByOther")) : problem),
    onSettled: () => queries.invalidateQueries({ queryKey: ["maintenance"] }),
  });
  return { change: (work, body) => mutate({ work, body }), isBusy: isPending };
}
