import { useSyncExternalStore } from "react";

const QUERY = "(max-width: 48rem)";

/** Whether the window is as narrow as a phone's: cards instead of rows. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (told) => {
      const media = matchMedia(QUERY);
      media.addEventListener("change", told);
      return () => media.removeEventListener("change", told);
    },
    () => matchMedia(QUERY).matches,
  );
}
