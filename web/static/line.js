// @ts-check
/** The sign that says whether what is shown is live, how old it is, or since when it is cut off. */

import { age, time } from "./format.js";
import { say, set, the } from "./dom.js";

const EVERY = 1000;
/** Newer data than this is simply live. */
const FRESH = 60_000;

export class LineSign {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./store.js").Store} store
   * @param {import("./live.js").Live} live
   * @param {AbortSignal} signal
   */
  constructor(api, store, live, signal) {
    this.api = api;
    this.store = store;
    this.live = live;
    this.began = Date.now();
    live.addEventListener("state", () => this.draw());
    the("line-retry").addEventListener("click", () => live.retryNow(), { signal });
    const timer = setInterval(() => this.draw(), EVERY);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.draw();
  }

  draw() {
    const [state, text] = this.#state();
    set(the("line"), "data-state", state);
    say(the("line-sign"), text);
    the("line-retry").hidden = state !== "lost";
    this.#warn(state);
  }

  /** @returns {["live" | "old" | "lost" | "coming", string]} */
  #state() {
    const { connected, lostAt } = this.live;
    const { freshest } = this.store;
    const old = freshest === null ? null : this.api.now() - freshest;
    const data = old === null ? "no data yet" : `data ${age(old)} old`;
    if (connected) {
      return old !== null && old > FRESH ? ["old", `● Connected – ${data}`] : ["live", `● Live – ${data}`];
    }
    if (lostAt) return ["lost", `✕ Disconnected since ${time(lostAt)}`];
    return Date.now() - this.began > 5000 ? ["lost", "✕ Not connected"] : ["coming", "○ Connecting …"];
  }

  /**
   * @param {string} state
   */
  #warn(state) {
    const { lostAt } = this.live;
    const banner = the("banner");
    banner.hidden = state !== "lost";
    if (state !== "lost") return say(banner, "");
    // Said once, not every second: the countdown would make a screen reader speak without end.
    const asOf = lostAt ? `What you see is as of ${time(lostAt)}.` : "Nothing is live yet.";
    say(banner, `No connection to Weir. ${asOf} It is tried again by itself.`);
  }
}
