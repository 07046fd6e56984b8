import { now, session } from "@/api/client";
import { shelf } from "./kept";
import { DRAFT } from "./shelf";

/*
 * What somebody has begun to write and not yet said. It lies beside what was known last, and stays until its
 * writer says it or gives it up: neither age nor another person who signs in here takes it away.
 */

/** Something begun, and when it was written last. */
export interface Begun<T> {
  name: string;
  value: T;
  at: number;
}

function prefixOf(municipality: number): string | null {
  const person = session.person?.id;
  return person === undefined ? null : `${DRAFT}${person}/${municipality}/`;
}

export async function keepDraft(municipality: number, name: string, value: unknown): Promise<void> {
  const prefix = prefixOf(municipality);
  const person = session.person?.id;
  if (prefix === null || person === undefined) return;
  await (await shelf).keep({ key: prefix + name, person, at: now(), value });
}

export async function recallDraft<T>(municipality: number, name: string): Promise<Begun<T> | null> {
  const prefix = prefixOf(municipality);
  const found = prefix === null ? undefined : await (await shelf).kept(prefix + name);
  return found ? { name, value: found.value as T, at: found.at } : null;
}

export async function dropDraft(municipality: number, name: string): Promise<void> {
  const prefix = prefixOf(municipality);
  if (prefix !== null) await (await shelf).forget([prefix + name]);
}

/** What this person has begun here, of names that begin so. */
export async function draftsOf<T>(municipality: number, beginning: string): Promise<Begun<T>[]> {
  const prefix = prefixOf(municipality);
  if (prefix === null) return [];
  const mine = (await (await shelf).allKept()).filter(({ key }) => key.startsWith(prefix + beginning));
  return mine.map(({ key, value, at }) => ({ name: key.slice(prefix.length), value: value as T, at }));
}
