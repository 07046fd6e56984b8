import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, type ReactNode } from "react";
import { api, data, type Schemas } from "@/api/client";
import { useSession } from "@/api/use-session";
import type { Units } from "@/format/measure";
import { REMEMBERED } from "@/strings/languages";

export type Theme = "dark" | "light" | "system";

export interface Preferences {
  units: Units;
  timeZone: string;
  language: string | null;
  theme: Theme;
  /** What screens remember of themselves; by screen, small. */
  ui: Readonly<Record<string, unknown>>;
}

const NONE: Preferences = { units: {}, timeZone: browserZone(), language: null, theme: "system", ui: {} };
const Mine = createContext<Preferences>(NONE);

function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** What the person prefers, on every computer where they sign in; what was so last is shown at once. */
export function PreferencesProvider({ children }: { children: ReactNode }): ReactNode {
  const isInside = useSession().at === "inside";
  const { data: found } = useQuery({
    queryKey: ["preferences"],
    queryFn: () => data(api.GET("/api/v1/preferences")),
    enabled: isInside,
    staleTime: Infinity,
  });
  const preferences = useMemo(() => (found ? fromServer(found) : remembered()), [found]);
  useEffect(() => {
    localStorage.setItem(REMEMBERED, JSON.stringify(preferences));
    document.documentElement.dataset["theme"] = preferences.theme;
  }, [preferences]);
  return <Mine.Provider value={preferences}>{children}</Mine.Provider>;
}

export function usePreferences(): Preferences {
  return useContext(Mine);
}

/** Change some of the preferences; shown at once, kept on the server. */
export function useChangePreferences(): (change: Schemas["PreferencesPatch"]) => void {
  const queries = useQueryClient();
  const { mutate } = useMutation({
    mutationFn: (change: Schemas["PreferencesPatch"]) => data(api.PATCH("/api/v1/preferences", { body: change })),
    onMutate: (change) => {
      queries.setQueryData(["preferences"], (known: object | undefined) => ({ ...known, ...change }));
    },
    onSuccess: (kept) => queries.setQueryData(["preferences"], kept),
  });
  return mutate;
}

function fromServer(found: Schemas["PreferencesBody"]): Preferences {
  return {
    units: found.units ?? {},
    timeZone: found.time_zone ?? browserZone(),
    language: found.language ?? null,
    theme: (found.theme as Theme | null | undefined) ?? "system",
    ui: (found.ui ?? {}) as Record<string, unknown>,
  };
}

function remembered(): Preferences {
  try {
    return { ...NONE, ...(JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") as Partial<Preferences>) };
  } catch {
    return NONE;
  }
}
