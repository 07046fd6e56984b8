// @ts-check
/** The live line: one WebSocket that comes back by itself and misses nothing. */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;
/** A line that has said nothing for so long may be dead without knowing it; opening anew costs little. */
const SILENT_TOO_LONG = 60_000;
const REFUSED = 1008;

/**
 * Emits `message` (detail: a LiveMessage), `resync` (detail: the replay; what is shown must be fetched
 * afresh, because it is the first connection or too much was missed), `state` when `connected`,
 * `lostAt` or `retryAt` change.
 */
export class Live extends EventTarget {
  /**
   * @param {import("./api.js").Api} api
   * @param {number} municipality
   */
  constructor(api, municipality) {
    super();
    this.api = api;
    this.municipality = municipality;
    this.connected = false;
    /** When the line broke; null while it stands or has never stood. @type {number | null} */
    this.lostAt = null;
    /** When the next attempt comes. @type {number | null} */
    this.retryAt = null;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** Everything up to here has been taken in. @type {string | null} */
    this.cursor = null;
    this.wait = FIRST_WAIT;
    this.timer = 0;
    this.watch = 0;
    this.stopped = false;
    this.retryNow = this.retryNow.bind(this);
    addEventListener("online", this.retryNow);
  }

  /** Open the line; it stays open until `stop`. */
  async start() {
    this.retryAt = null;
    try {
      const token = await this.api.freshToken();
      if (!this.stopped) this.#open(token);
    } catch {
      // Without a session the page goes to the sign-in and stops this line; without a server it retries.
      if (!this.stopped) this.#retryLater();
    }
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    removeEventListener("online", this.retryNow);
    this.socket?.close();
    this.socket = null;
  }

  /** Try at once instead of waiting. */
  retryNow() {
    if (this.stopped || this.socket) return;
    clearTimeout(this.timer);
    this.start();
  }

  /**
   * @param {string} token
   */
  #open(token) {
    const address = new URL(`/ws/${this.municipality}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    // Browsers can't set headers on a WebSocket; the token lives for minutes and is good for little else.
    address.searchParams.set("token", token);
    if (this.cursor === null) address.searchParams.set("replay_limit", "50");
    else address.searchParams.set("since", this.cursor);
    this.socket?.close();
    const socket = new WebSocket(address);
    this.socket = socket;
    this.#expectSomething(socket);
    socket.onmessage = (event) => {
      if (socket === this.socket) this.#take(socket, JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.#lost(event);
    };
  }

  /**
   * @param {WebSocket} socket
   * @param {import("./types.js").LiveMessage} message
   */
  #take(socket, message) {
    this.#expectSomething(socket);
    const fresh = message.type === "replay" && (this.cursor === null || message.complete === false);
    this.cursor = message.cursor ?? this.cursor;
    if (message.type !== "replay") {
      this.dispatchEvent(new CustomEvent("message", { detail: message }));
      return;
    }
    this.#stands();
    if (fresh) {
      this.dispatchEvent(new CustomEvent("resync", { detail: message.data }));
      return;
    }
    for (const event of message.data) {
      this.dispatchEvent(new CustomEvent("message", { detail: event }));
    }
  }

  #stands() {
    this.connected = true;
    this.lostAt = null;
    this.wait = FIRST_WAIT;
    this.#tell();
  }

  /**
   * @param {WebSocket} socket
   */
  #expectSomething(socket) {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (socket !== this.socket || this.stopped) return;
      this.socket = null;
      socket.close();
      this.start();
    }, SILENT_TOO_LONG);
  }

  /**
   * @param {CloseEvent} event
   */
  #lost(event) {
    clearTimeout(this.watch);
    this.socket = null;
    if (event.code === REFUSED) this.api.distrust();
    if (this.connected) this.lostAt = Date.now();
    this.connected = false;
    this.#retryLater();
  }

  #retryLater() {
    clearTimeout(this.timer);
    // Half of the wait is chance, so that a room full of screens does not come back in one instant.
    const wait = this.wait * (0.5 + Math.random() / 2);
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
    this.retryAt = Date.now() + wait;
    this.timer = setTimeout(() => this.start(), wait);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("state"));
  }
}
