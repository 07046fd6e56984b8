import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { api, data, whole as answered, type Schemas } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { useTellFailed } from "@/parts/toasts";
import { useLookAgain, type Item, type Whole } from "./data";

/** Change the incident as it was seen: where somebody else was faster, theirs is fetched and shown. */
export function useChange(whole: Whole): { change: (body: Schemas["IncidentChange"]) => void; isBusy: boolean } {
  const t = useTranslations("incidents");
  const failed = useTellFailed();
  const look = useLookAgain();
  const { id: municipality } = useMunicipality();
  const { mutate, isPending } = useMutation({
    mutationFn: (body: Partial<Schemas["IncidentChange"]>) =>
      data(api.PATCH("/api/v1/incidents/{incident}", {
        params: {
          path: { incident: whole.incident.id },
          query: { municipality_id: municipality },
          ...(whole.etag && { header: { "If-Match": whole.etag } }),
        },
        body: body as Schemas["IncidentChange"],
      })),
    onError: (problem) => failed(problem instanceof ApiProblem && problem.status === 412 ? new Error(t("changedByOther")) : problem),
    onSettled: look,
  });
  return { change: mutate, isBusy: isPending };
}

/** Take an item off the checklist as it was seen. */
export function useRemoveItem(incident: number): { remove: (item: Item) => void; isBusy: boolean } {
  const t = useTranslations("incidents");
  const failed = useTellFailed();
  const look = useLookAgain();
  const { id: municipality } = useMunicipality();
  const { mutate, isPending } = useMutation({
    mutationFn: async (item: Item) => {
      const params = { path: { incident, item: item.id }, query: { municipality_id: municipality } };
      const path = "/api/v1/incidents/{incident}/checklist/{item}";
      const seen = await answered(api.GET(path, { params }));
      if (seen.data.version !== item.version) throw new Error(t("changedByOther"));
      return data(api.DELETE(path, { params: { ...params, header: { "If-Match": seen.headers.get("ETag") ?? "*" } } }));
    },
    onError: (problem) => failed(problem instanceof ApiProblem && problem.status === 412 ? new Error(t("changedByOther")) : problem),
    onSettled: look,
  });
  return { remove: mutate, isBusy: isPending };
}
