import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { useSession } from "@/api/use-session";
import { useMunicipality } from "@/app/municipality";

export type Colleague = Schemas["Colleague"];
const NOBODY: Colleague[] = [];

/** The people of the municipality that is looked at. */
export function useColleagues(): Colleague[] {
  const { id } = useMunicipality();
  const { data: found } = useQuery({
    queryKey: ["colleagues", id],
    queryFn: () => data(api.GET("/api/v1/colleagues", { params: { query: { limit: 1000, municipality_id: id } } })),
    staleTime: 300_000,
  });
  return found ?? NOBODY;
}

/** Names a person by their number: oneself as “you”, Weir where nobody did it, others by name. */
export function useNameOf(): (person: number | null) => string {
  const t = useTranslations("alarms");
  const all = useColleagues();
  const standing = useSession();
  const me = standing.at === "inside" ? standing.person.id : null;
  return (person) => {
    if (person === null) return t("weir");
    if (person === me) return t("you");
    return all.find((each) => each.id === person)?.name ?? t("somebody");
  };
}
