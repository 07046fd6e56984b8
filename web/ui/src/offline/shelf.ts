import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { numbered, type Draft, type Item } from "./deeds";

/** What was known last, by person, municipality and name. */
export interface Kept {
  key: string;
  person: number;
  at: number;
  value: unknown;
}

/** How the keys of drafts begin, which are kept until their writer is done with them. */
export const DRAFT = "draft/";

export function isDraft({ key }: Pick<Kept, "key">): boolean {
  return key.startsWith(DRAFT);
}

interface Scheme extends DBSchema {
  outbox: { key: number; value: Item };
  kept: { key: string; value: Kept };
}

const NAME = "weir";

/** What this device keeps over a restart. */
export interface Shelf {
  /** Everything that waits, oldest first. */
  all(): Promise<Item[]>;
  add(draft: Draft): Promise<number>;
  put(item: Item): Promise<void>;
  remove(numbers: readonly number[]): Promise<void>;
  /** Take away what was sent; what hangs on it learns the number it got, in the same step. */
  sent(number: number, mark: string | null, id: number | null): Promise<void>;
  kept(key: string): Promise<Kept | undefined>;
  allKept(): Promise<Kept[]>;
  keep(kept: Kept): Promise<void>;
  forget(keys: readonly string[]): Promise<void>;
}

/** Open the browser's own database; where there is none (a private window), memory serves until a reload. */
export async function openShelf(): Promise<Shelf> {
  try {
    return stored(await openDB<Scheme>(NAME, 1, {
      upgrade(database) {
        database.createObjectStore("outbox", { keyPath: "number", autoIncrement: true });
        database.createObjectStore("kept", { keyPath: "key" });
      },
    }));
  } catch {
    return inMemory();
  }
}

function stored(database: IDBPDatabase<Scheme>): Shelf {
  return {
    all: () => database.getAll("outbox"),
    add: (draft) => database.add("outbox", draft as Item),
    async put(item) {
      // Not when it has gone meanwhile: another tab may have sent or discarded it.
      const turn = database.transaction("outbox", "readwrite");
      if (await turn.store.getKey(item.number)) await turn.store.put(item);
      await turn.done;
    },
    async remove(numbers) {
      const turn = database.transaction("outbox", "readwrite");
      await Promise.all([...numbers.map((each) => turn.store.delete(each)), turn.done]);
    },
    async sent(number, mark, id) {
      const turn = database.transaction("outbox", "readwrite");
      await turn.store.delete(number);
      if (mark !== null && id !== null) {
        for (const item of await turn.store.getAll()) {
          const now = numbered(item, mark, id);
          if (now !== item) await turn.store.put(now);
        }
      }
      await turn.done;
    },
    kept: (key) => database.get("kept", key),
    allKept: () => database.getAll("kept"),
    async keep(kept) {
      await database.put("kept", kept);
    },
    async forget(keys) {
      const turn = database.transaction("kept", "readwrite");
      await Promise.all([...keys.map((each) => turn.store.delete(each)), turn.done]);
    },
  };
}

/** A shelf that lasts as long as the page. */
export function inMemory(): Shelf {
  let items: Item[] = [];
  let last = 0;
  const kept = new Map<string, Kept>();
  return {
    all: async () => items,
    async add(draft) {
      last += 1;
      items = [...items, { ...draft, number: last }];
      return last;
    },
    async put(item) {
      items = items.map((each) => (each.number === item.number ? item : each));
    },
    async remove(numbers) {
      items = items.filter((each) => !numbers.includes(each.number));
    },
    async sent(number, mark, id) {
      items = items.filter((each) => each.number !== number);
      if (mark !== null && id !== null) items = items.map((each) => numbered(each, mark, id));
    },
    kept: async (key) => kept.get(key),
    allKept: async () => [...kept.values()],
    async keep(one) {
      kept.set(one.key, one);
    },
    async forget(keys) {
      for (const key of keys) kept.delete(key);
    },
  };
}
