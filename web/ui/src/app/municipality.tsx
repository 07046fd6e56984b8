import { useQuery } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { api, data, type Schemas } from "@/api/client";
import { LAST_PLACE, type Person } from "@/api/session";

export type Municipality = Schemas["MunicipalityOut"];

interface Looked {
  id: number;
  name: string;
  timeZone: string;
  /** All that the person may look into; more than one for super admins. */
  all: Municipality[];
  choose: (id: number) => void;
}

const KEPT = "weir.municipality";
const Here = createContext<Looked | null>(null);

/** The municipality that is looked at: one's own, or for a super admin the one that was chosen last. */
export function MunicipalityProvider({
  person,
  children,
  nowhere,
}: {
  person: Person;
  children: ReactNode;
  /** What a super admin sees while there is no municipality at all. */
  nowhere: ReactNode;
}): ReactNode {
  const { data: all, isPending } = useQuery({
    queryKey: ["municipalities"],
    queryFn: () => data(api.GET("/api/v1/municipalities", { params: { query: { limit: 1000 } } })),
  });
  const [chosen, setChosen] = useState(() => Number(localStorage.getItem(KEPT)));
  const choose = useCallback((id: number) => {
    localStorage.setItem(KEPT, String(id));
    setChosen(id);
  }, []);
  const found = pick(all ?? [], person, chosen);
  useEffect(() => {
    if (found) localStorage.setItem(LAST_PLACE, JSON.stringify({ person: person.id, id: found.id, name: found.name, timeZone: found.time_zone }));
  }, [found, person.id]);
  const looked = useMemo<Looked | null>(() => {
    if (found) return { id: found.id, name: found.name, timeZone: found.time_zone, all: all ?? [], choose };
    // Before the list is there, or without it: the person's own is known all the same.
    const last = lastOf(person);
    if (last) return { ...last, all: [], choose };
    const own = person.municipality_id;
    return own === null ? null : { id: own, name: "", timeZone: "UTC", all: [], choose };
  }, [found, all, choose, person]);
  if (looked) return <Here.Provider value={looked}>{children}</Here.Provider>;
  return isPending ? null : nowhere;
}

function lastOf(person: Person): { id: number; name: string; timeZone: string } | null {
  try {
    const last = JSON.parse(localStorage.getItem(LAST_PLACE) ?? "null") as { person: number; id: number; name: string; timeZone: string } | null;
    if (last?.person !== person.id || (person.municipality_id !== null && last.id !== person.municipality_id)) return null;
    return { id: last.id, name: last.name, timeZone: last.timeZone };
  } catch {
    return null;
  }
}

function pick(all: Municipality[], person: Person, chosen: number): Municipality | undefined {
  return all.find((each) => each.id === person.municipality_id) ?? all.find((each) => each.id === chosen) ?? all[0];
}

export function useMunicipality(): Looked {
  const here = useContext(Here);
  if (!here) throw new Error("there is no MunicipalityProvider above");
  return here;
}
