/** What a wall shows in turn, as its address says: `/wall?screens=overview,alarms,sensors:12.13&every=30`. */
export type Turn = { kind: "overview" } | { kind: "alarms" } | { kind: "map" } | { kind: "sensors"; ids: readonly number[] };

export interface Plan {
  turns: readonly Turn[];
  /** Milliseconds of each. */
  every: number;
  sound: boolean;
}

const USUAL: readonly Turn[] = [{ kind: "overview" }, { kind: "alarms" }, { kind: "map" }];
const LEAST = 5;
const MOST = 3600;
const USUAL_SECONDS = 20;
const SENSORS = 6;

/** Read a plan; what is not understood is left out, and of nothing the usual turns are made. */
export function planOf(search: URLSearchParams): Plan {
  const turns = (search.get("screens") ?? "").split(",").map((each) => turnOf(each.trim())).filter((each) => each !== null);
  const seconds = Number(search.get("every") ?? USUAL_SECONDS) || USUAL_SECONDS;
  return {
    turns: turns.length > 0 ? turns : USUAL,
    every: Math.min(MOST, Math.max(LEAST, seconds)) * 1000,
    sound: search.get("sound") === "on",
  };
}

function turnOf(said: string): Turn | null {
  if (said === "overview" || said === "alarms" || said === "map") return { kind: said };
  const [name, ids] = said.split(":");
  const numbers = (ids ?? "").split(".").map(Number).filter((each) => Number.isSafeInteger(each) && each > 0).slice(0, SENSORS);
  return name === "sensors" && numbers.length > 0 ? { kind: "sensors", ids: numbers } : null;
}
