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

type Change = { remove: true } | { text: string } | { by: -1 | 1 };

const CHECKLIST = "/api/v1/incidents/{incident}/checklist";
const ITEM = `${CHECKLIST}/{item}` as const;

/**
 * Change an item of the checklist as it was seen: take it off, word it anew, move it up or down. One after
 * the other, however quickly it is asked for; what is given is where the item stands now, if it was moved.
 */
export function useChangeItem(incident: number): { change: (item: Item, what: Change) => Promise<{ place: number; all: number } | null>; isBusy: boolean } {
  const t = useTranslations("incidents");
  const failed = useTellFailed();
  const look = useLookAgain();
  const { id: municipality } = useMunicipality();
  const query = { municipality_id: municipality };
  const { mutateAsync, isPending } = useMutation({
    scope: { id: `checklist ${incident}` },
    mutationFn: async ({ item, what }: { item: Item; what: Change }) => {
      const path = { incident, item: item.id };
      const seen = await answered(api.GET(ITEM, { params: { path, query } }));
      const params = { path, query, header: { "If-Match": seen.headers.get("ETag") ?? "*" } };
      if ("by" in what) {
        const all = await data(api.GET(CHECKLIST, { params: { path: { incident }, query: { ...query, limit: 1000 } } }));
        const place = all.findIndex((each) => each.id === item.id) + 1 + what.by;
        if (place < 1 || place > all.length) return null;
        await data(api.PATCH(ITEM, { params, body: { place } as Schemas["ItemPatch"] }));
        return { place, all: all.length };
      }
      if (seen.data.version !== item.version) throw new Error(t("changedByOther"));
      if ("text" in what) await data(api.PATCH(ITEM, { params, body: { text: what.text } as Schemas["ItemPatch"] }));
      else await data(api.DELETE(ITEM, { params }));
      return null;
    },
    onError: (problem) => failed(problem instanceof ApiProblem && problem.status === 412 ? new Error(t("changedByOther")) : problem),
    onSettled: look,
  });
  return { change: (item, what) => mutateAsync({ item, what }).catch(() => null), isBusy: isPending };
}
