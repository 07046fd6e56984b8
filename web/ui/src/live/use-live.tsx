import { createContext, useCallback, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { data, api, now, session, whole } from "@/api/client";
import { Situation, type Alert, type Sensor } from "./situation";
import { Loading } from "./loading";
import { LiveStream, type LineState } from "./stream";

const PAGE = 1000;
const MOST = 20_000;

const Here = createContext<{ situation: Situation; retry: () => void } | null>(null);

/** Keeps one live line for the municipality that is looked at, and gives its situation to all below. */
export function LiveProvider({ municipality, children }: { municipality: number; children: ReactNode }): ReactNode {
  const { situation, stream, loading } = useMemo(() => {
    const fresh = new Situation(now);
    return { situation: fresh, ...streamInto(fresh, municipality) };
  }, [municipality]);
  useEffect(() => {
    void stream.start();
    const retry = (): void => stream.retryNow();
    addEventListener("online", retry);
    return () => {
      removeEventListener("online", retry);
      stream.stop();
      loading.stop();
    };
  }, [stream, loading]);
  const value = useMemo(() => ({ situation, retry: () => stream.retryNow() }), [situation, stream]);
  return <Here.Provider value={value}>{children}</Here.Provider>;
}

function streamInto(situation: Situation, municipality: number): { stream: LiveStream; loading: Loading } {
  const loading = new Loading(situation, {
    fetch: () => Promise.all([allSensors(municipality), activeAlerts(municipality)]),
    // Part of it is chance, so that a room full of screens does not ask in one instant.
    pause: () => new Promise((resolve) => setTimeout(resolve, 1000 + Math.random() * 2000)),
  });
  const stream = new LiveStream(
    `/ws/${municipality}`,
    {
      token: () => session.freshToken(),
      distrust: () => session.distrust(),
      open: (address) => new WebSocket(address),
      now,
    },
    {
      event: (message) => loading.event(message),
      afresh: (replay) => loading.afresh(replay),
      state: (line) => situation.setLine(line),
    },
  );
  return { stream, loading };
}

async function allSensors(municipality: number): Promise<Sensor[]> {
  const rows: Sensor[] = [];
  for (;;) {
    const query = { limit: PAGE, offset: rows.length, municipality_id: municipality };
    const { data: page, headers } = await whole(api.GET("/api/v1/sensors", { params: { query } }));
    rows.push(...page);
    const total = Math.min(MOST, Number(headers.get("X-Total-Count") ?? rows.length));
    if (rows.length >= total || page.length === 0) return rows;
  }
}

function activeAlerts(municipality: number): Promise<Alert[]> {
  const status: Alert["status"][] = ["open", "acknowledged", "in_progress"];
  const query = { status, limit: PAGE, municipality_id: municipality };
  return data(api.GET("/api/v1/alerts", { params: { query } }));
}

function useHere(): { situation: Situation; retry: () => void } {
  const here = useContext(Here);
  if (!here) throw new Error("there is no LiveProvider above");
  return here;
}

/** The situation itself, for what draws by its own means (map, sound); it does not redraw by itself. */
export function useSituation(): Situation {
  return useHere().situation;
}

/** Active alarms, worst first. */
export function useActiveAlerts(): Alert[] {
  const { situation } = useHere();
  return useSyncExternalStore(
    useCallback((listener) => situation.subscribe("alerts", listener), [situation]),
    () => situation.active(),
  );
}

/** One sensor with its newest value. */
export function useSensor(id: number): Sensor | null {
  const { situation } = useHere();
  return useSyncExternalStore(
    useCallback((listener) => situation.subscribe(`sensor:${id}`, listener), [situation, id]),
    () => situation.sensors.get(id) ?? null,
  );
}

/** All sensors by name; redraws up to ten times a second, so rows should read their own by `useSensor`. */
export function useSensors(): Sensor[] {
  const { situation } = useHere();
  return useSyncExternalStore(
    useCallback((listener) => situation.subscribe("sensors", listener), [situation]),
    () => situation.list(),
  );
}

/** How the live line stands, how fresh what it brought is (after `overdue` it is old), and trying at once. */
export function useLine(): { line: LineState; loaded: boolean; freshest: number | null; overdue: number; retry: () => void } {
  const { situation, retry } = useHere();
  const line = useSyncExternalStore(
    useCallback((listener) => situation.subscribe("line", listener), [situation]),
    () => situation.line,
  );
  return { line, loaded: situation.loaded, freshest: situation.freshest, overdue: situation.overdueAfter, retry };
}
