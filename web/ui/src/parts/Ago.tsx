import type { ReactNode } from "react";
import { now as clock } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { useNow } from "./use-now";

/** From then on nobody reads seconds. */
const MINUTES = 70_000;

/** How long ago something was, kept current; the exact moment is its title. */
export function Ago({ at }: { at: string | number | null }): ReactNode {
  const format = useFormat();
  const isFresh = at !== null && clock() - new Date(at).getTime() < MINUTES;
  const now = useNow(isFresh ? 1000 : 10_000);
  if (at === null) return <span>–</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={format.dateTime(at)}>
      {format.ago(at, now)}
    </time>
  );
}
