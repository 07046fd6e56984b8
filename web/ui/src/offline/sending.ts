import { session } from "@/api/client";
import { ApiProblem, plainOf, problemOf } from "@/api/problem";
import type { Schemas } from "@/api/client";
import type { Item } from "./deeds";
import type { Outcome } from "./outbox";

type Incident = Schemas["IncidentOut"];

/** Answers that say nothing against what was sent: too early, too much at once, not ready. */
const LATER: readonly number[] = [0, 401, 408, 425, 429, 502, 503, 504, 507];
const PATIENCE = 30_000;
const LONG_PATIENCE = 180_000;

interface Answer {
  status: number;
  body: unknown;
  etag: string;
}

/** Whether the server answers. */
export async function reaches(): Promise<boolean> {
  const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(5000) }).catch(() => null);
  return answer !== null && answer.ok;
}

/** Send one thing as the person who wrote it, and as nobody else. */
export async function send(item: Item, progress: (share: number) => void): Promise<Outcome> {
  try {
    const token = await session.freshToken();
    // Between two awaits somebody else may have signed in: the token and the person are of one moment here.
    if (session.person?.id !== item.person) return { is: "left" };
    const answer = await done(item, token, progress);
    if (answer.status === 401) session.distrust();
    return { ...outcomeOf(answer), ...fasterIn(answer, item) };
  } catch (problem) {
    if (problem instanceof ApiProblem && problem.status === 401) return { is: "left" };
    return { is: "later" };
  }
}

function outcomeOf(answer: Answer): Outcome {
  if (answer.status >= 200 && answer.status < 300) {
    const id = (answer.body as { id?: unknown } | null)?.id;
    return { is: "done", id: typeof id === "number" ? id : null };
  }
  if (LATER.includes(answer.status)) return { is: "later" };
  // Whoever waits is told in their own language that somebody else was there first.
  if (answer.status === 412) return { is: "refused", why: "", ...changedIn(answer) };
  const problem = problemOf(answer.body, answer.status);
  return { is: "refused", why: [problem.message, problem.hint].filter(Boolean).join(" – "), problem: plainOf(problem), ...changedIn(answer) };
}

/** Who acknowledges what somebody else has acknowledged learns who that was. */
function fasterIn({ status, body }: Answer, item: Item): { faster?: number | null } {
  if (status !== 200 || item.deed.kind !== "acknowledge") return {};
  const by = (body as { acknowledged_by?: number | null } | null)?.acknowledged_by ?? null;
  return by === item.person ? {} : { faster: by };
}

function changedIn({ body }: Answer): { changed?: Incident["status"] } {
  const changed = (body as { changed?: Incident["status"] } | null)?.changed;
  return changed ? { changed } : {};
}

function done(item: Item, token: string, progress: (share: number) => void): Promise<Answer> {
  const { deed } = item;
  const post = (path: string, body: object): Promise<Answer> =>
    ask("POST", address(path, item), token, { "Content-Type": "application/json", "Idempotency-Key": item.key }, JSON.stringify(body));
  switch (deed.kind) {
    case "incident":
      return post("incidents", deed.body);
    case "incidentOfAlert":
      return post(`alerts/${deed.alert}/incident`, deed.body);
    case "comment":
      return post(`incidents/${deed.incident}/comments`, { comment: deed.comment });
    case "acknowledge":
      return post(`alerts/${deed.alert}/acknowledge`, { notes: deed.notes || null });
    case "photo":
      return upload(address(`incidents/${deed.incident}/attachments`, item, { name: deed.name }), token, item.key, deed, progress);
    case "item":
      return post(`incidents/${deed.incident}/checklist`, { text: deed.text });
    case "tick":
      return tick(item, deed, token);
    case "status":
      return move(item, deed, token);
  }
}

function address(path: string, item: Item, query: Record<string, string> = {}): string {
  return `/api/v1/${path}?${new URLSearchParams({ ...query, municipality_id: String(item.municipality) })}`;
}

/**
 * Set a status only if nobody else has set another since it was seen (RFC 9110 13.1.1). Doing it twice
 * changes nothing: where it is so already, it is done.
 */
async function move(item: Item, deed: { incident: number | string; before: string; after: string }, token: string): Promise<Answer> {
  const path = address(`incidents/${deed.incident}`, item);
  const now = await ask("GET", path, token, {});
  if (now.status !== 200) return now;
  const { status } = now.body as Incident;
  if (status === deed.after) return { ...now, body: null };
  if (status !== deed.before) return { status: 412, body: { detail: "", changed: status }, etag: "" };
  return ask("PATCH", path, token, { "Content-Type": "application/json", ...(now.etag && { "If-Match": now.etag }) }, JSON.stringify({ status: deed.after }));
}

/** Tick an item off, or untick it, unless somebody else has changed it since it was seen. Twice is once. */
async function tick(item: Item, deed: Extract<Item["deed"], { kind: "tick" }>, token: string): Promise<Answer> {
  const path = address(`incidents/${deed.incident}/checklist/${deed.item}`, item);
  const now = await ask("GET", path, token, {});
  if (now.status !== 200) return now;
  const known = now.body as Schemas["ItemOut"];
  if (known.done === deed.isDone) return { ...now, body: null };
  if (deed.version !== null && known.version !== deed.version) return { status: 412, body: { detail: "" }, etag: "" };
  const body = { done: deed.isDone, ...(deed.isDone && { done_at: new Date(item.at).toISOString() }) };
  return ask("PATCH", path, token, { "Content-Type": "application/json", ...(now.etag && { "If-Match": now.etag }) }, JSON.stringify(body));
}

async function ask(method: string, path: string, token: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  const answer = await fetch(path, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...headers },
    body: body ?? null,
    cache: "no-store",
    credentials: "same-origin",
    signal: AbortSignal.timeout(PATIENCE),
  });
  const text = await answer.text();
  return { status: answer.status, body: parsed(text), etag: answer.headers.get("ETag") ?? "" };
}

/** A file, with how far it is: what `fetch` can't tell. */
function upload(path: string, token: string, key: string, file: { type: string; bytes: ArrayBuffer }, progress: (share: number) => void): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.timeout = LONG_PATIENCE;
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", file.type);
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.addEventListener("progress", (event) => progress(event.loaded / Math.max(1, event.total)));
    const end = (): void => resolve({ status: request.status, body: parsed(request.responseText), etag: "" });
    for (const event of ["load", "error", "timeout", "abort"] as const) request.addEventListener(event, end);
    request.send(file.bytes);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
