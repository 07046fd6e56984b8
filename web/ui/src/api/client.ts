import createClient, { type Middleware } from "openapi-fetch";
import { ApiProblem, problemOf } from "./problem";
import type { components, paths } from "./schema.gen";
import { Session } from "./session";

export type Schemas = components["schemas"];

/** The one session of this page. */
export const session = new Session();

/** How far the server's clock is ahead of the browser's, in milliseconds: ages are by the server's. */
let ahead = 0;

export function now(): number {
  return Date.now() + ahead;
}

const signs: Middleware = {
  async onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${await session.freshToken()}`);
    return request;
  },
  onResponse({ response }) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (date) ahead = date + 500 - Date.now();
    if (response.status === 401) session.distrust();
    return response;
  },
};

/**
 * The API, typed by the server's own document. An answer of 4xx or 5xx comes back as `error`:
 * `data(…)` makes a thrown ApiProblem of it.
 */
export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  cache: "no-store",
  credentials: "same-origin",
  fetch: (request) =>
    fetch(request).catch((why: unknown) => {
      if (why instanceof DOMException && why.name === "AbortError") throw why;
      throw new ApiProblem("", 0);
    }),
});
api.use(signs);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Give what an answer carries, or throw what went wrong in the server's words. */
export async function data<T>(answer: Promise<Answer<T>>): Promise<NonNullable<T>> {
  return (await whole(answer)).data;
}

/** Give an answer with its headers (totals, ETag, Link), or throw what went wrong. */
export async function whole<T>(
  answer: Promise<Answer<T>>,
): Promise<{ data: NonNullable<T>; headers: Headers }> {
  const { data: found, error, response } = await answer;
  if (!response.ok || error !== undefined) throw problemOf(error, response.status);
  return { data: found as NonNullable<T>, headers: response.headers };
}

/** Call a path that the document does not describe as JSON: files, images, uploads. */
export async function raw(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${await session.freshToken()}`);
  const answer = await fetch(path, { ...init, headers }).catch(() => {
    throw new ApiProblem("", 0);
  });
  if (!answer.ok) throw problemOf(await answer.json().catch(() => null), answer.status);
  return answer;
}
