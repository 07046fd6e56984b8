import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { Alert, Sensor, Situation } from "@/live/situation";
import { useSituation } from "@/live/use-live";
import { sifted, type Wanted } from "./sift";

/** The order is made anew at most so often; values in the rows change as they come. */
const EVERY = 1000;

export interface Row {
  id: number;
}

export interface Sifted {
  rows: readonly Row[];
  /** How many there are, wanted or not. */
  all: number;
  loaded: boolean;
}

/** The rows that are wanted; the same array while nothing moves, so that only values redraw. */
export function useSifted(wanted: Wanted, inZone: ReadonlySet<number> | null): Sifted {
  const situation = useSituation();
  const subscribe = useCallback((told: () => void) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        told();
      }, EVERY);
    };
    const stops = [situation.subscribe("sensors", later), situation.subscribe("alerts", later), situation.subscribe("line", told)];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [situation]);
  const sifter = useMemo(() => new Sifter(situation, wanted, inZone), [situation, wanted, inZone]);
  return useSyncExternalStore(subscribe, () => sifter.shown());
}

const rows = new Map<number, Row>();

/** Sifts once in a while, and gives the very same rows while nothing has moved. */
class Sifter {
  readonly #situation: Situation;
  readonly #wanted: Wanted;
  readonly #inZone: ReadonlySet<number> | null;
  #made = 0;
  #kept: Sifted = { rows: [], all: 0, loaded: false };

  constructor(situation: Situation, wanted: Wanted, inZone: ReadonlySet<number> | null) {
    this.#situation = situation;
    this.#wanted = wanted;
    this.#inZone = inZone;
  }

  shown(): Sifted {
    const situation = this.#situation;
    const time = performance.now();
    if (this.#made && time - this.#made < EVERY * 0.9 && this.#kept.loaded === situation.loaded) return this.#kept;
    this.#made = time;
    const worst = new Map<number, Alert>();
    for (const alert of situation.active()) {
      if (alert.sensor_id !== null && !worst.has(alert.sensor_id)) worst.set(alert.sensor_id, alert);
    }
    const known = { isSilent: (sensor: Sensor) => situation.isSilent(sensor), worst, inZone: this.#inZone };
    const ids = sifted(situation.list(), this.#wanted, known);
    const all = situation.sensors.size;
    const kept = this.#kept;
    const isSame = ids.length === kept.rows.length && ids.every((id, at) => kept.rows[at]?.id === id);
    if (!isSame || kept.all !== all || kept.loaded !== situation.loaded) {
      this.#kept = { rows: isSame ? kept.rows : ids.map(rowOf), all, loaded: situation.loaded };
    }
    return this.#kept;
  }
}

/** One object for each sensor, so that lists know it again. */
function rowOf(id: number): Row {
  const row = rows.get(id) ?? { id };
  rows.set(id, row);
  return row;
}
