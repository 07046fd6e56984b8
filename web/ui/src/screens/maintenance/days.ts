import type { Work } from "./data";

export interface Day {
  /** The moment of its first piece of work; null for what has no time. */
  at: number | null;
  key: string;
  work: Work[];
}

/** When a piece of work belongs on the calendar: when it was done, else planned, else due. */
export function timeOf(work: Work): number | null {
  const at = work.status === "done" ? (work.done_at ?? work.planned_for) : (work.planned_for ?? work.due_at ?? work.out_of_service?.from ?? null);
  return at ? Date.parse(at) : null;
}

export function isOpen(work: Work): boolean {
  return work.status === "planned" || work.status === "in_progress";
}

export function isOverdue(work: Work, now: number): boolean {
  const by = work.due_at ?? work.planned_for;
  return isOpen(work) && by !== null && Date.parse(by) < now;
}

/**
 * Work by day in the person's time zone: what is open comes first, soonest first and what has no time at its
 * end; what is over comes newest first.
 */
export function byDay(all: readonly Work[], timeZone: string, over: boolean): Day[] {
  const day = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
  const days = new Map<string, Day>();
  const ordered = all
    .filter((each) => isOpen(each) !== over)
    .sort((one, other) => {
      const [first, second] = [timeOf(one) ?? Infinity, timeOf(other) ?? Infinity];
      if (first === second) return one.id - other.id;
      return (first < second ? -1 : 1) * (over ? -1 : 1);
    });
  for (const work of ordered) {
    const at = timeOf(work);
    const key = at === null ? "" : day.format(at);
    const known = days.get(key);
    if (known) known.work.push(work);
    else days.set(key, { at, key, work: [work] });
  }
  return [...days.values()];
}

/** What a `datetime-local` field says, in the browser's own zone, as an instant; null where nothing is said. */
export function instantOf(local: string): string | null {
  const at = local ? new Date(local) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}
