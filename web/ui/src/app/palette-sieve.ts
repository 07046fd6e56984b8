import type { IconName } from "@/parts/Icon";

/** One line of the palette: a place to go to, or something to do. */
export interface Entry {
  id: string;
  name: string;
  icon: IconName;
  go: string | (() => void);
}

/** Without accents and case, so that "ines" finds "Inês". */
function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLocaleLowerCase();
}

/**
 * The entries in which every word occurs, those first whose name begins with what was typed, else in
 * their order; at most so many. All are looked through: what is cut off is found by typing more.
 */
export function sieve(entries: readonly Entry[], typed: string, most: number): Entry[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries.slice(0, most);
  const [begun, rest]: [Entry[], Entry[]] = [[], []];
  for (const entry of entries) {
    const name = plain(entry.name);
    if (!words.every((word) => name.includes(word))) continue;
    (name.startsWith(words.join(" ")) ? begun : rest).push(entry);
  }
  return [...begun, ...rest].slice(0, most);
}
