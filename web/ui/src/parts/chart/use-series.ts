import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, data, now, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";
import { useFormat, type Format } from "@/format/use-format";
import { useLine, useSituation } from "@/live/use-live";
import { lineOf, withFresh, type Convert, type Fresh, type Line } from "./line";
import { MINUTE, serves, spanOf, toAsk, type Asked, type View } from "./span";

/** Fresh values that are kept between two fetches; older ones are dropped and come with the next fetch. */
const MOST_FRESH = 20_000;

/** A live tail grows so often; more could not be read, and each time costs a drawing. */
const TELL_EVERY = 250;

/** What a fetch is about, so that old answers are known as such. */
type Several = Schemas["SeriesOfSensor"][];

/** The window to ask for, kept while it serves what is looked at. */
export function useAsked(view: View, pixels: number): Asked {
  const span = spanOf(view, now());
  const [kept, keep] = useState(() => toAsk(span, pixels));
  if (serves(kept, span, pixels)) return kept;
  const next = toAsk(span, pixels);
  keep(next);
  return next;
}

export function query(asked: Asked): { from: string; to: string; points: number } {
  return { from: new Date(asked.from).toISOString(), to: new Date(asked.to).toISOString(), points: asked.points };
}

/** Give the conversion from a sensor's unit into the person's, worked out once. */
export function converter(format: Format, unit: string): { convert: Convert; unit: string } {
  const zero = format.convert(0, unit);
  const slope = format.convert(1, unit).value - zero.value;
  const same = zero.unit === unit;
  return { unit: zero.unit, convert: same ? (value) => value : (value) => value * slope + zero.value };
}

/**
 * Series of up to six sensors for what is looked at: fetched in buckets of about a pixel, with what comes
 * live in it. `pending` while nothing is there yet; what was shown stays while finer data comes.
 */
export function useSeries(ids: readonly number[], view: View, pixels: number): {
  lines: Line[];
  pending: boolean;
  problem: unknown;
  retry: () => void;
} {
  const format = useFormat();
  const queries = useQueryClient();
  const { id: municipality } = useMunicipality();
  const asked = useAsked(view, pixels);
  const key = ["series", municipality, ids.join(","), asked.from, asked.to, asked.points] as const;
  const isLive = asked.to > now();
  const fetched = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => {
      const begun = now();
      const found = await data(api.GET("/api/v1/series", {
        params: { query: { ids: [...ids], units: "sensor", municipality_id: municipality, ...query(asked) } },
        querySerializer: { array: { style: "form", explode: false } },
        signal,
      }));
      return { found, begun, step: asked.step };
    },
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: isLive ? 30_000 : 10 * MINUTE,
    refetchInterval: isLive ? 2 * MINUTE : false,
    gcTime: 2 * MINUTE,
  });
  const { line: connection } = useLine();
  useEffect(() => {
    // Whatever the line missed while it was away lies in the history.
    if (connection.is === "live") void queries.invalidateQueries({ queryKey: ["series", municipality] });
  }, [connection.is, queries, municipality]);
  const known = fetched.data;
  const base = useMemo(() => inOrder(ids, known?.found ?? []).map((each) => {
    const { convert, unit } = converter(format, each.unit);
    return lineOf({ id: each.sensor_id, name: each.name, unit, step: known?.step ?? 0 }, each, convert);
  }), [known, ids, format]);
  const fresh = useFresh(ids, known?.begun ?? 0);
  const lines = useMemo(() => base.map((line) => withFresh(line, converted(format, fresh.get(line.id) ?? []))), [base, fresh, format]);
  return { lines, pending: fetched.isPending, problem: fetched.error, retry: () => void fetched.refetch() };
}

function inOrder(ids: readonly number[], found: Several): Several {
  return ids.flatMap((id) => found.find((each) => each.sensor_id === id) ?? []);
}

interface Heard extends Fresh {
  unit: string;
  heard: number;
}

function converted(format: Format, heard: readonly Heard[]): Fresh[] {
  const first = heard[0];
  if (!first) return [];
  const { convert } = converter(format, first.unit);
  return heard.map(({ at, value }) => ({ at, value: convert(value) }));
}

/** What came live since the fetch, told a few times a second however many readings there are. */
function useFresh(ids: readonly number[], since: number): ReadonlyMap<number, readonly Heard[]> {
  const situation = useSituation();
  const [told, tell] = useState<ReadonlyMap<number, readonly Heard[]>>(new Map());
  const kept = useRef(new Map<number, Heard[]>());
  useEffect(() => {
    const wanted = new Set(ids);
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const stop = situation.onReading((reading) => {
      if (!wanted.has(reading.sensor_id)) return;
      const mine = kept.current.get(reading.sensor_id) ?? [];
      mine.push({ at: Date.parse(reading.timestamp), value: reading.value, unit: reading.unit, heard: now() });
      if (mine.length > MOST_FRESH) mine.splice(0, MOST_FRESH / 2);
      kept.current.set(reading.sensor_id, mine);
      waiting ??= setTimeout(() => {
        waiting = undefined;
        tell(new Map(kept.current));
      }, TELL_EVERY);
    });
    return () => {
      clearTimeout(waiting);
      stop();
    };
  }, [situation, ids]);
  useEffect(() => {
    // What the fetch brought needs not be kept.
    for (const [id, mine] of kept.current) kept.current.set(id, mine.filter((each) => each.heard >= since));
    tell(new Map(kept.current));
  }, [since]);
  return told;
}
