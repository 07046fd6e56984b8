import { useSyncExternalStore } from "react";
import { session } from "./client";
import type { Standing } from "./session";

function subscribe(listener: () => void): () => void {
  session.addEventListener("change", listener);
  return () => session.removeEventListener("change", listener);
}

/** Where the person stands, kept current. */
export function useSession(): Standing {
  return useSyncExternalStore(subscribe, () => session.standing);
}
