import { useEffect, useState } from "react";
import { useMunicipality } from "@/app/municipality";
import { draftsOf, dropDraft, keepDraft, recallDraft, type Begun } from "@/offline/drafts";
import type { Severity } from "@/live/situation";
import { useTellFailed } from "@/parts/toasts";
import type { Taken } from "./Photos";
import type { Position } from "./position";

const WORDS = "incident words/";
const PHOTOS = "incident photos/";

/** What is written of an incident that is not reported yet. */
export interface Words {
  title: string;
  severity: Severity;
  description: string;
  sensor: number | null;
  /** Where the device was; the position of a sensor is found again. */
  position: Position | null;
}

export interface Draft {
  words: Words;
  photos: readonly Taken[];
  /** When it was written last; null where nothing was kept. */
  at: number | null;
}

/** Whether there is anything that somebody would miss. */
export function isWorthKeeping({ words, photos }: Omit<Draft, "at">, first: Words): boolean {
  return photos.length > 0 || words.description !== "" || words.title.trim() !== first.title.trim() ||
    words.severity !== first.severity || words.sensor !== first.sensor;
}

/** The draft of an incident (of this alarm, or of none): what was begun on this device, else an empty one. */
export function useDraft(alert: string, first: Words): Draft | undefined {
  const { id } = useMunicipality();
  const [found, setFound] = useState<Draft>();
  const [begun] = useState(first);
  useEffect(() => {
    let isAsked = true;
    void begunDraft(id, alert, begun).then((draft) => isAsked && setFound(draft));
    return () => {
      isAsked = false;
    };
  }, [id, alert, begun]);
  return found;
}

async function begunDraft(municipality: number, alert: string, first: Words): Promise<Draft> {
  try {
    const words = await recallDraft<Words>(municipality, WORDS + alert);
    const photos = await recallDraft<Taken[]>(municipality, PHOTOS + alert);
    return { words: words?.value ?? first, photos: photos?.value ?? [], at: words?.at ?? photos?.at ?? null };
  } catch {
    return { words: first, photos: [], at: null };
  }
}

/** Keep what is written, with every letter; the photos only when they change, for they are large. */
export function useKeeping(alert: string, words: Words, photos: readonly Taken[], isWorth: boolean): void {
  const { id } = useMunicipality();
  const failed = useTellFailed();
  const asText = isWorth ? JSON.stringify(words) : "";
  useEffect(() => {
    void (asText ? keepDraft(id, WORDS + alert, JSON.parse(asText)) : dropDraft(id, WORDS + alert)).catch(failed);
  }, [id, alert, asText, failed]);
  useEffect(() => {
    void (photos.length > 0 ? keepDraft(id, PHOTOS + alert, photos) : dropDraft(id, PHOTOS + alert)).catch(failed);
  }, [id, alert, photos, failed]);
}

/** It was reported, or given up. */
export async function endDraft(municipality: number, alert: string): Promise<void> {
  await dropDraft(municipality, WORDS + alert);
  await dropDraft(municipality, PHOTOS + alert);
}

/** The reports that were begun on this device, with the alarm that each is of. */
export function useDrafts(): { alert: string; draft: Begun<Words> }[] {
  const { id } = useMunicipality();
  const [found, setFound] = useState<Begun<Words>[]>([]);
  useEffect(() => {
    let isAsked = true;
    void draftsOf<Words>(id, WORDS).then((all) => isAsked && setFound(all), () => undefined);
    return () => {
      isAsked = false;
    };
  }, [id]);
  return found.map((draft) => ({ alert: draft.name.slice(WORDS.length), draft }));
}
