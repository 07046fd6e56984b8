import { useEffect, useState } from "react";
import { startAgainWhenItAnswers } from "@/app/updates";
import type { Messages } from "./en";
import { chooseLanguage, direction, loadMessages, type Language } from "./languages";

interface Spoken {
  language: Language;
  /** For numbers and dates: the browser's own variant of the language (en-GB), where it has one. */
  locale: string;
  messages: Messages;
}

/** The catalogue has not come; the page starts again once the server is there: what can be said without one. */
interface Late {
  language: Language;
  locale: null;
}

/**
 * The catalogue of a person's language; null until it has come, `Late` where it could not be had: the
 * server may just be starting. Sets the page's language and direction.
 */
export function useMessages(preferred: string | null): Spoken | Late | null {
  const language = chooseLanguage(preferred, navigator.languages);
  const [spoken, setSpoken] = useState<Spoken | Late | null>(null);
  useEffect(() => {
    let isWanted = true;
    let end: (() => void) | undefined;
    const write = (): void => {
      document.documentElement.lang = language;
      document.documentElement.dir = direction(language);
    };
    const take = (messages: Messages): void => {
      if (!isWanted) return;
      const locale = navigator.languages.find((each) => each.toLowerCase().startsWith(language)) ?? language;
      write();
      setSpoken({ language, locale, messages });
    };
    const late = (): void => {
      if (!isWanted) return;
      // Who reads in another language already goes on reading.
      setSpoken((before) => {
        if (before?.locale) return before;
        write();
        end ??= startAgainWhenItAnswers();
        return { language, locale: null };
      });
    };
    void loadMessages(language).then(take, late);
    return () => {
      isWanted = false;
      end?.();
    };
  }, [language]);
  return spoken;
}
