import type { Schemas } from "@/api/client";
import type { Plain } from "@/api/problem";

type Status = Schemas["IncidentStatus"];

/** An incident that the server has (its number), or one that is still waiting to be sent (its own mark). */
export type Ref = number | string;

/** What somebody can write without a connection. */
export type Deed =
  | { kind: "incident"; mark: string; body: Schemas["IncidentIn"] }
  | { kind: "incidentOfAlert"; mark: string; alert: number; body: Schemas["FromAlert"] }
  | { kind: "comment"; incident: Ref; comment: string }
  | { kind: "status"; incident: Ref; before: Status; after: Status }
  | { kind: "item"; incident: Ref; mark: string; text: string }
  /** `version`: the item as it was seen; null where it is only on this device, or whatever it is by now. */
  | { kind: "tick"; incident: Ref; item: Ref; version: number | null; text: string; isDone: boolean }
  | { kind: "photo"; incident: Ref; name: string; type: string; bytes: ArrayBuffer }
  | { kind: "acknowledge"; alert: number; title: string; notes: string };

/** Something that was written here and that the server has not confirmed. */
export interface Item {
  /** Its place in the order. */
  number: number;
  /** Who wrote it: it is never sent as anybody else. */
  person: number;
  municipality: number;
  /** The Idempotency-Key: however often it is sent, it is done once. */
  key: string;
  at: number;
  /** When it may have reached the server for the first time. */
  triedAt: number | null;
  /** `unsure`: it may have been done, and the server would no longer know its key. */
  state: "waiting" | "refused" | "unsure";
  /** The server's words; `changed` is ours: somebody else has set another status meanwhile. */
  why: string;
  /** The same, so that it can be said in the language of whoever reads it. */
  problem?: Plain | null;
  changed?: Status;
  deed: Deed;
}

export type Draft = Omit<Item, "number">;

/** The server remembers keys for 48 hours; after fewer than that nothing is sent twice on its word alone. */
export const KEY_HOLDS = 44 * 3_600_000;

/** What it is about: an incident, and of that an item of its checklist. */
export function refsOf(deed: Deed): Ref[] {
  return [...("incident" in deed ? [deed.incident] : []), ...("item" in deed ? [deed.item] : [])];
}

export function markOf(deed: Deed): string | null {
  return "mark" in deed ? deed.mark : null;
}

/** Whether it hangs on something that itself is not yet there. */
export function waitsFor(item: Item, all: readonly Item[]): boolean {
  const refs = refsOf(item.deed);
  return all.some((each) => {
    const mark = markOf(each.deed);
    return mark !== null && refs.includes(mark);
  });
}

/** The same deed after what had that mark has got its number. */
export function numbered(item: Item, mark: string, id: number): Item {
  if (!refsOf(item.deed).includes(mark)) return item;
  const deed = { ...item.deed } as { incident?: Ref; item?: Ref };
  if (deed.incident === mark) deed.incident = id;
  if (deed.item === mark) deed.item = id;
  return { ...item, deed: deed as Deed };
}

/** What may go next: the oldest of this person that waits for nothing. */
export function nextOf(all: readonly Item[], person: number): Item | undefined {
  return all.find((item) => item.person === person && item.state === "waiting" && !waitsFor(item, all));
}

/** Whether doing it again by mistake could do it twice: setting a status or ticking something off can't. */
export function isRisky(item: Item, now: number): boolean {
  return item.deed.kind !== "status" && item.deed.kind !== "tick" && item.triedAt !== null && now - item.triedAt > KEY_HOLDS;
}
