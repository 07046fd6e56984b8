import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLocale, useTranslations } from "use-intl";
import { api, type Schemas } from "@/api/client";
import { Choice } from "@/parts/Choice";
import { LANGUAGES, type Language } from "@/strings/languages";

/** What somebody chose before they were known; it becomes theirs when they sign in here. */
let chosen: Language | null = null;

/** The language of the pages that come before somebody is signed in. */
export function DoorLanguage(): ReactNode {
  const t = useTranslations("app");
  const queries = useQueryClient();
  const spoken = useLocale().slice(0, 2) as Language;
  const options = Object.entries(LANGUAGES).map(([id, name]) => ({ id: id as Language, name }));
  const choose = (language: Language): void => {
    chosen = language;
    queries.setQueryData<Partial<Schemas["PreferencesBody"]>>(["preferences"], (known) => ({ ...known, language }));
  };
  return <Choice label={t("language")} options={options} value={spoken} onChange={choose} />;
}

/** Keep what was chosen at the door with the preferences of who came in. */
export async function keepDoorLanguage(): Promise<void> {
  if (chosen === null) return;
  const body = { language: chosen };
  chosen = null;
  await api.PATCH("/api/v1/preferences", { body });
}
