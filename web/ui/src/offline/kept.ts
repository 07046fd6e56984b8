import { session } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { isDraft, openShelf, type Kept, type Shelf } from "./shelf";

/** Of one person; the oldest goes when one more comes. */
export const MOST_KEPT = 80;
/** Characters of one thing as JSON; what is larger is not kept. */
const LARGEST = 3_000_000;

export const shelf: Promise<Shelf> = openShelf();

/** Something with its age: `isKept` where it comes from this device and not from the server. */
export interface Aged<T> {
  value: T;
  at: number;
  isKept: boolean;
}

function keyOf(person: number, municipality: number, name: string): string {
  return `${person}/${municipality}/${name}`;
}

/** Ask the server and keep what it says; where it can't be reached, give what was kept, with its age. */
export async function orKept<T>(municipality: number, name: string, ask: () => Promise<T>): Promise<Aged<T>> {
  try {
    const value = await ask();
    void keep(municipality, name, value);
    return { value, at: Date.now(), isKept: false };
  } catch (problem) {
    if (!(problem instanceof ApiProblem) || ![0, 502, 503, 504].includes(problem.status)) throw problem;
    const found = await recall<T>(municipality, name);
    if (!found) throw problem;
    return found;
  }
}

export async function recall<T>(municipality: number, name: string): Promise<Aged<T> | null> {
  const person = session.person?.id;
  if (person === undefined) return null;
  const found = await (await shelf).kept(keyOf(person, municipality, name));
  return found ? { value: found.value as T, at: found.at, isKept: true } : null;
}

export async function keep(municipality: number, name: string, value: unknown): Promise<void> {
  const person = session.person?.id;
  if (person === undefined || JSON.stringify(value).length > LARGEST) return;
  const here = await shelf;
  const key = keyOf(person, municipality, name);
  const mine = (await here.allKept()).filter((each) => each.person === person && each.key !== key && !isDraft(each));
  // Whoever signed out meanwhile leaves nothing behind.
  if (session.person?.id !== person) return;
  await here.keep({ key, person, at: Date.now(), value });
  await here.forget(surplus(mine));
}

/** The keys of what is too much, oldest first. */
export function surplus(mine: readonly Kept[]): string[] {
  return [...mine].sort((one, other) => other.at - one.at).slice(MOST_KEPT - 1).map((each) => each.key);
}

/** Forget all that was kept, but for one person's and for drafts, which nobody else is shown. */
export async function forgetOthers(person: number | null): Promise<void> {
  const here = await shelf;
  const others = (await here.allKept()).filter((each) => each.person !== person && !isDraft(each));
  await here.forget(others.map((each) => each.key));
}
