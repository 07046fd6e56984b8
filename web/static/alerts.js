// @ts-check
/** The alarm list: worst first, and of the same severity what nobody has reacted to. */

import { fill, h, keyed, say, set, the, walkByArrows } from "./dom.js";
import { age, time, words } from "./format.js";
import { symbol } from "./shapes.js";
import { isActive, worstFirst } from "./store.js";

/** @typedef {import("./types.js").Alert} Alert */

const MOST_SHOWN = 300;
const AGES_EVERY = 1000;

export class AlarmList {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./store.js").Store} store
   * @param {import("./room.js").Room} room
   * @param {AbortSignal} signal
   */
  constructor(api, store, room, signal) {
    this.api = api;
    this.store = store;
    this.room = room;
    this.list = the("alarm-list");
    this.which = /** @type {HTMLSelectElement} */ (the("alarms-which"));
    this.which.value = "active";
    fill(this.list);
    fill(the("news"));
    walkByArrows(this.list);
    this.which.addEventListener("change", () => this.#chooseWhich(), { signal });
    this.list.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    store.addEventListener("change", (event) => {
      const topics = /** @type {CustomEvent} */ (event).detail;
      if (topics.has("alerts") || topics.has("choice")) this.draw();
    });
    store.addEventListener("alarm", (event) => announce(/** @type {CustomEvent} */ (event).detail));
    const timer = setInterval(() => this.#ages(), AGES_EVERY);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.draw();
  }

  /** The alerts of the chosen kind, in their order. */
  #chosen() {
    const which = this.which.value;
    if (which === "active") return this.store.active();
    const settled = [...this.store.alerts.values()].filter((alert) => alert.status === which);
    return settled.sort((one, other) => Date.parse(other.created_at) - Date.parse(one.created_at));
  }

  draw() {
    const alerts = this.#chosen();
    keyed(this.list, alerts.slice(0, MOST_SHOWN), (alert) => alert.id, makeRow, (row, alert) => this.#mend(row, alert));
    const active = this.store.active();
    const open = active.filter((alert) => alert.status === "open").length;
    say(the("alarms-count"), active.length ? `${open} unacknowledged of ${active.length}` : "");
    say(the("tab-count"), active.length ? `(${active.length})` : "");
    document.title = open ? `(${open}) Weir` : "Weir";
    this.#drawEmpty(alerts.length);
  }

  /**
   * @param {number} found
   */
  #drawEmpty(found) {
    const note = the("alarms-empty");
    note.hidden = found > 0 && found <= MOST_SHOWN;
    const none = this.which.value === "active" ? "No active alarms." : `No ${this.which.value} alarms.`;
    if (!this.store.loaded) say(note, "Loading …");
    else say(note, found ? `and ${found - MOST_SHOWN} more, milder or older` : none);
  }

  /**
   * @param {Element & {parts: Record<string, HTMLElement>, alert: Alert}} row
   * @param {Alert} alert
   */
  #mend(row, alert) {
    row.alert = alert;
    const { button, mark, title, state, what } = row.parts;
    if (mark.dataset.severity !== alert.severity) {
      mark.dataset.severity = alert.severity;
      fill(mark, symbol(alert.severity));
    }
    set(button, "class", `row alarm ${isActive(alert) ? alert.severity : "settled"} ${alert.status}`);
    const { choice } = this.store;
    set(button, "aria-current", choice?.kind === "alert" && choice.id === alert.id ? "true" : null);
    say(title, alert.title);
    say(what, alert.description);
    const ended = alert.condition_active === false && isActive(alert) ? " · condition has ended" : "";
    say(state, `${alert.severity} · ${statusWord(alert)}${ended}`);
    this.#age(row);
  }

  /**
   * @param {Element & {parts: Record<string, HTMLElement>, alert: Alert}} row
   */
  #age(row) {
    say(row.parts.age, age(this.api.now() - Date.parse(row.alert.created_at)));
    set(row.parts.age, "title", time(row.alert.created_at));
  }

  #ages() {
    for (const row of this.list.children) this.#age(/** @type {any} */ (row));
  }

  async #chooseWhich() {
    const which = this.which.value;
    this.draw();
    if (which === "active") return;
    const found = await this.api.get(this.room.path(`/api/v1/alerts?status=${which}&limit=200`)).catch(() => null);
    if (found) this.store.setAlerts(found.sort(worstFirst), [which]);
  }

  /**
   * "a" on an alarm acknowledges it; only where the focus is, so that no stray key does.
   * @param {KeyboardEvent} event
   */
  #onKey(event) {
    if (event.key.toLowerCase() !== "a" || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = /** @type {any} */ (document.activeElement?.closest("li"));
    if (row?.alert?.status !== "open") return;
    event.preventDefault();
    this.api.post(`/api/v1/alerts/${row.alert.id}/acknowledge`).catch((error) => {
      say(row.parts.what, error.message);
    });
  }
}

/** @param {Alert} alert */
export function statusWord(alert) {
  return alert.status === "open" ? "unacknowledged" : words(alert.status);
}

/** @param {Alert} alert */
function makeRow(alert) {
  const mark = h("span", { class: "mark" });
  const title = h("strong", { class: "title" });
  const state = h("span", { class: "state" });
  const what = h("span", { class: "what" });
  const old = h("span", { class: "age" });
  const open = () => {
    location.hash = `#/alert/${alert.id}`;
  };
  const button = h("button", { onclick: open, "aria-keyshortcuts": "a" }, mark, title, old, state, what);
  const row = h("li", {}, button);
  return Object.assign(row, { parts: { button, mark, title, state, what, age: old }, alert });
}

/**
 * Say a new alarm to those who listen instead of looking.
 * @param {Alert} alert
 */
function announce(alert) {
  const news = the("news");
  news.append(h("span", {}, `New ${alert.severity} alarm: ${alert.title}. ${alert.description}. `));
  while (news.children.length > 5) news.firstElementChild?.remove();
}
