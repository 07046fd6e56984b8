// @ts-check
/** The one way to the server: signs every call, renews the access token, tells errors in its words. */

const KEPT = "weir.refresh_token";
/** Renew when less than this is left, so that no call starts with a token that dies on its way. */
const EARLY = 30_000;
const PATIENCE = 15_000;

/** What went wrong, as the server says it. Status 0: it could not be reached. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Emits `signed-out` (detail: why) when the session is over. */
export class Api extends EventTarget {
  constructor() {
    super();
    /** @type {string | null} */
    this.accessToken = null;
    this.goodUntil = 0;
    /** @type {import("./types.js").User | null} */
    this.user = null;
    /** @type {Promise<void> | null} */
    this.renewing = null;
    /** How far the server's clock is ahead of the browser's, in milliseconds. */
    this.ahead = 0;
    addEventListener("storage", (event) => {
      if (event.key === KEPT && !event.newValue && this.accessToken) this.#over("Signed out");
    });
  }

  /** Now by the server's clock, which is the one that dated the data. */
  now() {
    return Date.now() + this.ahead;
  }

  /**
   * @param {string} path
   */
  get(path) {
    return this.#signed("GET", path).then((answer) => answer.body);
  }

  /**
   * @param {string} path
   * @param {object} [body]
   */
  post(path, body = {}) {
    return this.#signed("POST", path, body).then((answer) => answer.body);
  }

  /**
   * Every row of a list, page by page, up to `most`.
   * @param {string} path
   * @param {number} [most]
   * @returns {Promise<any[]>}
   */
  async all(path, most = 20_000) {
    const rows = [];
    const joint = path.includes("?") ? "&" : "?";
    for (;;) {
      const page = await this.#signed("GET", `${path}${joint}limit=1000&offset=${rows.length}`);
      rows.push(...page.body);
      const total = Math.min(most, Number(page.headers.get("X-Total-Count") ?? rows.length));
      if (rows.length >= total || page.body.length === 0) return rows;
    }
  }

  /**
   * A call that needs no sign-in.
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  open(method, path, body) {
    return this.#call(method, path, body, null).then((answer) => answer.body);
  }

  /**
   * @param {string} username
   * @param {string} password
   */
  async signIn(username, password) {
    this.#keep(await this.open("POST", "/api/v1/auth/login", { username, password }));
  }

  /** Take up the session of before a reload; says whether there was one. Throws when unreachable. */
  async resume() {
    if (!localStorage.getItem(KEPT)) return false;
    try {
      await this.#renew();
      this.user = await this.get("/api/v1/auth/me");
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return false;
      throw error;
    }
  }

  /** End the session here and on the server: its refresh token is worth nothing afterwards. */
  async signOut() {
    const refresh_token = localStorage.getItem(KEPT);
    try {
      await this.post("/api/v1/auth/logout", { refresh_token });
    } finally {
      this.#over("Signed out");
    }
  }

  /** An access token that is good for a while yet. */
  async freshToken() {
    if (!this.accessToken || Date.now() > this.goodUntil - EARLY) await this.#renew();
    return /** @type {string} */ (this.accessToken);
  }

  /** Forget the access token, so that the next call fetches another. */
  distrust() {
    this.goodUntil = 0;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async #signed(method, path, body) {
    try {
      return await this.#call(method, path, body, await this.freshToken());
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      this.distrust();
      return this.#call(method, path, body, await this.freshToken());
    }
  }

  /** Renew once, however many calls ask at the same time. */
  #renew() {
    this.renewing ??= this.#alone(() => this.#exchange()).finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  /**
   * A refresh token works once. Two tabs share it, so they take turns where the browser has locks
   * (it has them over HTTPS and on this computer).
   * @param {() => Promise<void>} work
   * @returns {Promise<void>}
   */
  #alone(work) {
    return navigator.locks ? navigator.locks.request(KEPT, work) : work();
  }

  async #exchange() {
    const refresh_token = localStorage.getItem(KEPT);
    if (!refresh_token) throw this.#over("Please sign in");
    try {
      this.#keep(await this.open("POST", "/api/v1/auth/refresh", { refresh_token }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#over(error.message);
      throw error;
    }
  }

  /**
   * Only the refresh token outlives the page: a control room's screen must come back after a reload
   * without anybody signing in. It is spent at its next use and dies with the sign-out; the access
   * token stays in memory.
   * @param {any} tokens
   */
  #keep(tokens) {
    this.accessToken = tokens.access_token;
    this.goodUntil = Date.now() + (tokens.expires_in ?? 300) * 1000;
    localStorage.setItem(KEPT, tokens.refresh_token);
    if (tokens.user) this.user = tokens.user;
  }

  /**
   * @param {string} why
   */
  #over(why) {
    const wasIn = this.accessToken !== null;
    this.accessToken = null;
    this.user = null;
    localStorage.removeItem(KEPT);
    if (wasIn) this.dispatchEvent(new CustomEvent("signed-out", { detail: why }));
    return new ApiError(why, 401);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object | undefined} body
   * @param {string | null} token
   */
  async #call(method, path, body, token) {
    const answer = await fetch(path, {
      method,
      headers: {
        ...(body && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE),
    }).catch(() => {
      throw new ApiError("The server can't be reached. Is Weir running?", 0);
    });
    const date = Date.parse(answer.headers.get("Date") ?? "");
    if (date) this.ahead = date + 500 - Date.now();
    const said = await answer.json().catch(() => null);
    if (!answer.ok) throw new ApiError(complaint(said, answer), answer.status);
    return { body: said, headers: answer.headers };
  }
}

/**
 * The server's own words: `detail` is a sentence, or for 422 a list of what is wrong where.
 * @param {any} said
 * @param {Response} answer
 */
function complaint(said, answer) {
  const detail = said?.detail;
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) {
    return detail.map((one) => `${(one.loc ?? []).at(-1) ?? ""}: ${one.msg}`).join("; ");
  }
  return `The server answered ${answer.status} ${answer.statusText}`;
}
