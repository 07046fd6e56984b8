import type { Item as Waiting, Ref } from "@/offline/deeds";
import type { Item } from "./data";

/** Characters of an item as one writes it; the server takes more. */
export const LONGEST = 300;

/** An item as it is shown: as the server knows it, and what this device knows better. */
export interface Shown {
  ref: Ref;
  text: string;
  isDone: boolean;
  /** Null where it is only on this device. */
  item: Item | null;
  /** The item itself, where it is not sent yet. */
  waiting: Waiting | null;
  /** A tick that is not sent yet. */
  tick: Waiting | null;
}

/** What the server knows with what waits to be sent over it; new items at the end, as they were written. */
export function shownOf(items: readonly Item[], waiting: readonly Waiting[], incident: Ref): Shown[] {
  const mine = waiting.filter(({ deed }) => "incident" in deed && deed.incident === incident);
  const known = items.map((item): Shown => over({ ref: item.id, text: item.text, isDone: item.done, item, waiting: null, tick: null }, mine));
  const added = mine.flatMap((each) =>
    each.deed.kind === "item" ? [over({ ref: each.deed.mark, text: each.deed.text, isDone: false, item: null, waiting: each, tick: null }, mine)] : []);
  return [...known, ...added];
}

/** A refused tick changes nothing: it is in the list of what needs somebody. */
function over(one: Shown, waiting: readonly Waiting[]): Shown {
  const tick = waiting.findLast(({ deed, state }) => deed.kind === "tick" && deed.item === one.ref && state === "waiting");
  return tick?.deed.kind === "tick" ? { ...one, isDone: tick.deed.isDone, tick } : one;
}
