import type { Alert, Sensor, Situation } from "./situation";
import type { LiveMessage } from "./stream";

/** Events that come while all is fetched; of more than this nothing is kept, and all is fetched again. */
export const MOST_WAITING = 20_000;

export interface Sources {
  fetch(): Promise<[Sensor[], Alert[]]>;
  /** Wait before what failed is tried again. */
  pause(): Promise<void>;
}

/**
 * Fetches all that is shown whenever it must be fetched afresh, until it has come. What is heard meanwhile
 * is applied after it, so that nothing falls between fetching and hearing.
 */
export class Loading {
  #waiting: LiveMessage[] | null = null;
  /** How often it was said that all must be fetched: what was fetched before the last time is too old. */
  #asked = 0;
  #stopped = false;
  readonly #situation: Situation;
  readonly #sources: Sources;

  constructor(situation: Situation, sources: Sources) {
    this.#situation = situation;
    this.#sources = sources;
  }

  stop(): void {
    this.#stopped = true;
  }

  event(message: LiveMessage): void {
    if (!this.#waiting) this.#situation.apply(message);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(message);
    else this.afresh([]);
  }

  afresh(replay: readonly LiveMessage[]): void {
    const isUnderWay = this.#waiting !== null;
    this.#waiting = [...replay];
    this.#asked += 1;
    if (!isUnderWay) void this.#load();
  }

  async #load(): Promise<void> {
    for (let isDone = false; !isDone && !this.#stopped; ) {
      const asked = this.#asked;
      const found = await this.#sources.fetch().catch(() => null);
      if (!found) await this.#sources.pause();
      else if (asked === this.#asked) {
        this.#situation.load(...found);
        isDone = true;
      }
    }
    for (const message of this.#waiting ?? []) this.#situation.apply(message);
    this.#waiting = null;
  }
}
