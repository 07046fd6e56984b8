import { displayToken, forgetDisplayToken, onlyLooks, takeTokenFromAddress, TOO_STRONG } from "./display";
import { ApiProblem, problemOf } from "./problem";
import type { components } from "./schema.gen";

export type Person = components["schemas"]["Person"];
type Tokens = components["schemas"]["Tokens"];

/** Where the person stands: what the application shows first hangs on it. */
export type Standing =
  | { at: "starting" }
  | { at: "unreachable" }
  | { at: "set-up" }
  | { at: "outside"; why: string | ApiProblem }
  /** `isUnseen`: the server was not reached since the start; it is who was in here last. */
  | { at: "inside"; person: Person; mustEnrol: boolean; isUnseen?: boolean };

export interface Credentials {
  username: string;
  password: string;
  totp?: string;
  recovery_code?: string;
}

/** Renew when less than this is left, so that no call starts with a token that dies on its way. */
const EARLY = 30_000;
const PATIENCE = 20_000;
const LOCK = "weir.session";
const WAS_IN = "weir.was-in";
const WAS = "weir.was";
/** The name of the place that was looked at: the municipality's provider writes it. */
export const LAST_PLACE = "weir.municipality.last";

/**
 * Who is signed in here. The refresh token is a cookie that no script can read, so a reload, a
 * restarted browser or a kiosk comes back by itself; the access token lives in memory only.
 */
export class Session extends EventTarget {
  #standing: Standing = { at: "starting" };
  #token: string | null = null;
  #goodUntil = 0;
  #renewing: Promise<void> | null = null;
  /** With what a display on the wall goes in, where nobody does in person. */
  #display: string | null = null;
  #channel = new BroadcastChannel(LOCK);

  constructor() {
    super();
    this.#channel.onmessage = () => {
      if (!this.isDisplay) this.#leave("");
    };
  }

  /** Whether a display is in, and nobody in person. */
  get isDisplay(): boolean {
    return this.#display !== null;
  }

  get standing(): Standing {
    return this.#standing;
  }

  get person(): Person | null {
    return this.#standing.at === "inside" ? this.#standing.person : null;
  }

  /** Take up the session of before, or find out what comes first; never throws. */
  async begin(): Promise<void> {
    takeTokenFromAddress();
    this.#display = displayToken();
    if (this.isDisplay) {
      await this.#renew().catch((problem: unknown) => {
        if (!isRefusal(problem)) this.#stand({ at: "unreachable" });
      });
      return;
    }
    // Where nobody was signed in there is no cookie to exchange, and no refusal for the console to tell of.
    if (Session.wasIn()) {
      try {
        await this.#renew();
        return;
      } catch (problem) {
        if (!(problem instanceof ApiProblem) || problem.status !== 401) {
          this.#standWithoutServer();
          return;
        }
      }
    }
    try {
      const { needed } = (await plain("GET", "/api/v1/setup")) as { needed: boolean };
      this.#stand(needed ? { at: "set-up" } : { at: "outside", why: "" });
    } catch {
      this.#stand({ at: "unreachable" });
    }
  }

  /** Whoever was in on this device goes on with what it knows; the server will say whether they still may. */
  #standWithoutServer(): void {
    const person = Session.wasIn() ? lastPerson() : null;
    this.#stand(person ? { at: "inside", person, mustEnrol: false, isUnseen: true } : { at: "unreachable" });
  }

  async signIn(credentials: Credentials): Promise<void> {
    const tokens = (await plain("POST", "/api/v1/auth/login", { ...credentials, keep: "cookie" })) as Tokens;
    this.#display = null;
    this.#keep(tokens);
  }

  /** Go in with tokens that set-up gave. */
  enter(tokens: Tokens): void {
    this.#keep(tokens);
  }

  /** Go from set-up to the sign-in, which a demo has before anybody has set anything up. */
  toSignIn(): void {
    this.#stand({ at: "outside", why: "" });
  }

  /** End the session here and on the server. */
  async signOut(): Promise<void> {
    if (!(await this.mayLeave())) return;
    try {
      await plain("POST", "/api/v1/auth/logout", {}, this.#token);
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.isUnreachable) throw problem;
    }
    this.#leave("");
    this.#channel.postMessage("left");
  }

  /** Asked before somebody signs out: what they wrote and was not sent would be lost. */
  mayLeave: () => Promise<boolean> = () => Promise.resolve(true);

  /** An access token that is good for a while yet. */
  async freshToken(): Promise<string> {
    if (!this.#token || Date.now() > this.#goodUntil - EARLY) await this.#renew();
    return this.#token ?? "";
  }

  /** Forget the access token, so that the next call fetches another. */
  distrust(): void {
    this.#goodUntil = 0;
  }

  /** Learn anew who the person is, after it changed (a second factor, a role). */
  async again(): Promise<void> {
    this.distrust();
    await this.#renew();
  }

  /** Whether somebody was signed in on this device, for what is shown before the server answers. */
  static wasIn(): boolean {
    return localStorage.getItem(WAS_IN) === "yes";
  }

  /** Renew once, however many calls ask at the same time; tabs take turns where there are locks. */
  #renew(): Promise<void> {
    const alone = async (): Promise<void> => {
      if (navigator.locks) await navigator.locks.request(LOCK, () => this.#exchange());
      else await this.#exchange();
    };
    this.#renewing ??= alone().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #exchange(): Promise<void> {
    if (this.#display !== null) {
      await this.#lookIn(this.#display);
      return;
    }
    try {
      this.#keep((await plain("POST", "/api/v1/auth/refresh", {})) as Tokens);
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.status === 401) {
        if (this.#standing.at === "inside") this.#leave(problem);
        else forgetLast();
      }
      throw problem;
    }
  }

  /** A display's token is good for as long as the server says so: asked at the start and after a refusal. */
  async #lookIn(token: string): Promise<void> {
    try {
      const person = (await plain("GET", "/api/v1/auth/me", undefined, token)) as Person;
      if (!onlyLooks(person.permissions)) {
        forgetDisplayToken();
        throw new ApiProblem(TOO_STRONG, 403);
      }
      this.#token = token;
      this.#goodUntil = Infinity;
      // What its maker has kept in this browser is none of its business.
      this.#stand({ at: "inside", person: { ...person, id: 0 }, mustEnrol: false });
    } catch (problem) {
      if (isRefusal(problem)) this.#leave(problem.message === TOO_STRONG ? TOO_STRONG : problem);
      throw problem;
    }
  }

  #keep(tokens: Tokens): void {
    this.#token = tokens.access_token;
    this.#goodUntil = Date.now() + (tokens.expires_in ?? 300) * 1000;
    localStorage.setItem(WAS_IN, "yes");
    localStorage.setItem(WAS, JSON.stringify(tokens.user));
    const mustEnrol = tokens.totp_enrolment_required ?? false;
    this.#stand({ at: "inside", person: tokens.user, mustEnrol });
  }

  #leave(why: string | ApiProblem): void {
    this.#token = null;
    if (!this.isDisplay) forgetLast();
    this.#stand({ at: "outside", why });
  }

  #stand(standing: Standing): void {
    this.#standing = standing;
    this.dispatchEvent(new Event("change"));
  }
}

function isRefusal(problem: unknown): problem is ApiProblem {
  return problem instanceof ApiProblem && (problem.status === 401 || problem.status === 403);
}

function lastPerson(): Person | null {
  try {
    return JSON.parse(localStorage.getItem(WAS) ?? "null") as Person | null;
  } catch {
    return null;
  }
}

function forgetLast(): void {
  localStorage.removeItem(WAS_IN);
  localStorage.removeItem(WAS);
  localStorage.removeItem(LAST_PLACE);
}

/** A call that openapi-fetch does not make: those of the session itself. */
async function plain(method: string, path: string, body?: object, token?: string | null): Promise<unknown> {
  const answer = await fetch(path, {
    method,
    headers: {
      ...(body && { "Content-Type": "application/json" }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: body ? JSON.stringify(body) : null,
    cache: "no-store",
    credentials: "same-origin",
    signal: AbortSignal.timeout(PATIENCE),
  }).catch(() => {
    throw new ApiProblem("", 0);
  });
  const said: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw problemOf(said, answer.status);
  return said;
}
