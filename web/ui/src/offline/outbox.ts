import { isRisky, markOf, nextOf, refsOf, waitsFor, type Deed, type Draft, type Item } from "./deeds";
import { newKey } from "@/api/keys";
import type { Shelf } from "./shelf";

/** What became of an attempt. `later`: it may or may not have arrived; `left`: who wrote it is not signed in. */
export type Outcome =
  /** `faster`: it is done, and somebody else had done it before. */
  | { is: "done"; id: number | null; faster?: number | null }
  | { is: "refused"; why: string; problem?: Item["problem"]; changed?: Item["changed"] }
  | { is: "later" }
  | { is: "left" };

/** Something arrived after somebody else had done the same. */
export interface Overtaken {
  item: Item;
  by: number | null;
}

export interface Ports {
  /** Who is signed in now. */
  person(): number | null;
  now(): number;
  /** Whether the server answers at all: what is not sent can't have arrived. */
  reaches(): Promise<boolean>;
  send(item: Item, progress: (share: number) => void): Promise<Outcome>;
  /** Do it while no other tab does. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Let other tabs look again. */
  tell(): void;
}

export const MOST_ITEMS = 200;
export const MOST_BYTES = 150 * 2 ** 20;

export class OutboxFull extends Error {}

/**
 * What was written here and is not yet on the server. It is kept over restarts, sent in the order it was
 * written, as nobody but who wrote it, and done once however often it is sent.
 */
export class Outbox extends EventTarget {
  /** Everything of whoever is signed in, oldest first; replaced on every change. */
  items: readonly Item[] = [];
  /** How far files are, by number: 0 to 1. */
  readonly progress = new Map<number, number>();
  /** The numbers that incidents got since the page was loaded, by the mark they had. */
  readonly arrived = new Map<string, number>();
  readonly #shelf: Promise<Shelf>;
  readonly #ports: Ports;
  readonly #sent = new Map<number, number | null>();
  #flushing: Promise<void> | null = null;
  #again = false;

  constructor(shelf: Promise<Shelf>, ports: Ports) {
    super();
    this.#shelf = shelf;
    this.#ports = ports;
  }

  /** Keep what somebody wrote; from here on it survives whatever happens. Gives its number. */
  async add(deed: Deed, municipality: number): Promise<number> {
    const person = this.#ports.person();
    if (person === null) throw new Error("nobody is signed in");
    const shelf = await this.#shelf;
    const all = await shelf.all();
    if (all.length >= MOST_ITEMS || sizeOf(all) + bytesOf(deed) > MOST_BYTES) throw new OutboxFull();
    const draft: Draft = {
      person, municipality, key: newKey(), at: this.#ports.now(), triedAt: null, state: "waiting", why: "", deed,
    };
    const number = await shelf.add(draft);
    await this.#changed();
    return number;
  }

  /** Keep it, try to send it, and say what became of it. */
  async deliver(deed: Deed, municipality: number): Promise<{ is: "sent"; id: number | null } | { is: "waiting" } | { is: "refused"; why: string; problem?: Item["problem"] }> {
    const number = await this.add(deed, municipality);
    await this.flush();
    const id = this.#sent.get(number);
    if (id !== undefined) return { is: "sent", id };
    const item = this.items.find((each) => each.number === number);
    return item?.state === "refused" ? { is: "refused", why: item.why, ...(item.problem && { problem: item.problem }) } : { is: "waiting" };
  }

  /** Send what can be sent now; asked again while it is at it, it looks once more. */
  flush(): Promise<void> {
    this.#again = true;
    this.#flushing ??= this.#ports.alone(() => this.#sendAll()).finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  /** Try again what was refused, or what may have been done already. It gets a key of its own. */
  async retry(item: Item): Promise<void> {
    const again: Item = { ...item, state: "waiting", why: "", key: newKey(), triedAt: null };
    delete again.changed;
    await (await this.#shelf).put(again);
    await this.#changed();
    await this.flush();
  }

  /** Throw it away, with what hangs on it. */
  async discard(item: Item): Promise<void> {
    await this.#ports.alone(async () => {
      const shelf = await this.#shelf;
      const mark = markOf(item.deed);
      const hanging = mark === null ? [] : (await shelf.all()).filter((each) => refsOf(each.deed).includes(mark));
      await shelf.remove([item, ...hanging].map((each) => each.number));
    });
    await this.#changed();
  }

  /** Throw away all that a person wrote: they have signed out and said so. */
  async discardAllOf(person: number): Promise<void> {
    const shelf = await this.#shelf;
    const theirs = (await shelf.all()).filter((each) => each.person === person);
    await shelf.remove(theirs.map((each) => each.number));
    await this.#changed();
  }

  /** Look at the shelf again: another tab or another person. */
  async look(): Promise<void> {
    const person = this.#ports.person();
    this.items = (await (await this.#shelf).all()).filter((each) => each.person === person);
    this.dispatchEvent(new Event("change"));
  }

  async #changed(): Promise<void> {
    await this.look();
    this.#ports.tell();
  }

  async #sendAll(): Promise<void> {
    const shelf = await this.#shelf;
    while (this.#again) {
      this.#again = false;
      const person = this.#ports.person();
      if (person === null || !nextOf(await shelf.all(), person) || !(await this.#ports.reaches())) break;
      for (let goesOn = true; goesOn; ) goesOn = await this.#sendNext(shelf);
    }
  }

  /** Send the next; whether there may be more. */
  async #sendNext(shelf: Shelf): Promise<boolean> {
    const person = this.#ports.person();
    const item = person === null ? undefined : nextOf(await shelf.all(), person);
    if (!item) return false;
    if (isRisky(item, this.#ports.now())) {
      await shelf.put({ ...item, state: "unsure" });
      await this.#changed();
      return true;
    }
    const tried = { ...item, triedAt: item.triedAt ?? this.#ports.now() };
    await shelf.put(tried);
    const outcome = await this.#ports.send(tried, (share) => {
      this.progress.set(item.number, share);
      this.dispatchEvent(new Event("change"));
    });
    this.progress.delete(item.number);
    if (outcome.is === "done") await this.#done(shelf, item, outcome);
    if (outcome.is === "refused") {
      await shelf.put({ ...tried, state: "refused", why: outcome.why, problem: outcome.problem ?? null, ...(outcome.changed && { changed: outcome.changed }) });
    }
    // Nothing was sent as nobody: the key is as fresh as before.
    if (outcome.is === "left") await shelf.put(item);
    await this.#changed();
    return outcome.is === "done" || outcome.is === "refused";
  }

  async #done(shelf: Shelf, item: Item, { id, faster }: Extract<Outcome, { is: "done" }>): Promise<void> {
    const mark = markOf(item.deed);
    await shelf.sent(item.number, mark, id);
    this.#sent.set(item.number, id);
    if (mark !== null && id !== null) this.arrived.set(mark, id);
    this.dispatchEvent(new CustomEvent("sent", { detail: item }));
    if (faster !== undefined) this.dispatchEvent(new CustomEvent<Overtaken>("overtaken", { detail: { item, by: faster } }));
  }

  /** Whether it can't go before something else is settled. */
  isHeld(item: Item): boolean {
    return waitsFor(item, this.items);
  }
}

function bytesOf(deed: Deed): number {
  return deed.kind === "photo" ? deed.bytes.byteLength : 1000;
}

function sizeOf(all: readonly Item[]): number {
  return all.reduce((sum, each) => sum + bytesOf(each.deed), 0);
}
