import type { Messages } from "./en";

/** Languages that are whole; a test holds every catalogue against the English one. */
export const LANGUAGES = { en: "English", es: "Español", fr: "Français", pt: "Português", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES;

/** What is said while a catalogue can't be had; it can't be in one. */
export const LATE: Readonly<Record<Language, string>> = {
  en: "The server can’t be reached. Trying again …",
  es: "No se puede contactar con el servidor. Se intenta de nuevo …",
  fr: "Le serveur est injoignable. Nouvelle tentative …",
  pt: "Não é possível contatar o servidor. Tentando de novo …",
  ar: "تعذّر الوصول إلى الخادم. تُعاد المحاولة …",
};

const RIGHT_TO_LEFT: readonly Language[] = ["ar"];

export function direction(language: Language): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr";
}

/** The language that is preferred, else the first of the browser's that is there, else English. */
export function chooseLanguage(preferred: string | null, browser: readonly string[]): Language {
  const wanted = [...(preferred ? [preferred] : []), ...browser];
  for (const each of wanted) {
    const short = each.toLowerCase().split("-")[0] as Language;
    if (short in LANGUAGES) return short;
  }
  return "en";
}

const files = import.meta.glob<{ default: Record<string, unknown> }>("./*/*.json");

const asked = new Map<Language, Promise<Messages>>();

/** Load a language's catalogue, once: one JSON file for each part of the application. */
export function loadMessages(language: Language): Promise<Messages> {
  const known = asked.get(language);
  if (known) return known;
  const coming = load(language);
  asked.set(language, coming);
  return coming;
}

async function load(language: Language): Promise<Messages> {
  const mine = Object.entries(files).filter(([path]) => path.startsWith(`./${language}/`));
  const parts = await Promise.all(
    mine.map(async ([path, file]) => [path.slice(language.length + 3, -5), (await file()).default] as const),
  );
  return Object.fromEntries(parts) as unknown as Messages;
}

/** Where the preferences that were last shown lie on this device. */
export const REMEMBERED = "weir.preferences";

/** What of them is needed before anybody is signed in. */
export function remembered(): { language: string | null; theme: string | null } {
  try {
    const last = JSON.parse(localStorage.getItem(REMEMBERED) ?? "{}") as { language?: string | null; theme?: string | null };
    return { language: last.language ?? null, theme: last.theme ?? null };
  } catch {
    return { language: null, theme: null };
  }
}
