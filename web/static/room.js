// @ts-check
/** The control room: fetches what there is, follows the live line, and wires the panels together. */

import { AlarmList } from "./alerts.js";
import { Detail } from "./detail.js";
import { the } from "./dom.js";
import { LineSign } from "./line.js";
import { Live } from "./live.js";
import { NetworkMap } from "./map.js";
import { SensorList } from "./sensors.js";
import { Sound } from "./sound.js";
import { Store } from "./store.js";
import { Strip } from "./strip.js";
import { chooseTown } from "./towns.js";

const LISTED = ["open", "acknowledged", "in_progress"];
const RETRY = 3000;
/** Events that may wait for the lists to arrive; beyond that the lists are fetched once more. */
const MOST_WAITING = 5000;

export class Room {
  /**
   * @param {import("./api.js").Api} api
   */
  constructor(api) {
    this.api = api;
    this.leaving = new AbortController();
    /** @type {import("./types.js").LiveMessage[] | null} */
    this.waiting = null;
    this.loading = 0;
  }

  async enter() {
    try {
      this.town = await chooseTown(this.api, this.leaving.signal);
    } catch {
      if (!this.leaving.signal.aborted) this.loading = setTimeout(() => this.enter(), RETRY);
      return;
    }
    if (this.leaving.signal.aborted) return;
    this.store = new Store(() => this.api.now(), this.town);
    this.live = new Live(this.api, this.town);
    this.#furnish();
    this.#listen();
    this.live.start();
    this.#followAddress();
  }

  /** Take everything down; the next person begins with an empty room. */
  leave() {
    this.leaving.abort();
    this.live?.stop();
    clearTimeout(this.loading);
    document.title = "Weir";
  }

  /**
   * A path for this municipality; only a super admin has to say which.
   * @param {string} path
   */
  path(path) {
    if (!this.api.user?.is_super_admin) return path;
    return `${path}${path.includes("?") ? "&" : "?"}municipality_id=${this.town}`;
  }

  #furnish() {
    const store = /** @type {Store} */ (this.store);
    const live = /** @type {Live} */ (this.live);
    const { signal } = this.leaving;
    new AlarmList(this.api, store, this, signal);
    new NetworkMap(store, signal);
    new SensorList(store, signal);
    new Detail(this.api, store, the("detail"), signal);
    new LineSign(this.api, store, live, signal);
    new Strip(this.api, this, signal);
    new Sound(store, signal);
  }

  #listen() {
    const { signal } = this.leaving;
    const live = /** @type {Live} */ (this.live);
    live.addEventListener("resync", () => this.#load());
    live.addEventListener("message", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    addEventListener("hashchange", () => this.#followAddress(), { signal });
    the("signout").addEventListener("click", () => this.api.signOut().catch(() => {}), { signal });
    for (const tab of document.querySelectorAll("nav.tabs button")) {
      const turn = () => {
        turnTo(/** @type {HTMLElement} */ (tab));
        location.hash = "";
      };
      tab.addEventListener("click", turn, { signal });
    }
    turnTo(/** @type {HTMLElement} */ (document.querySelector("nav.tabs button")));
  }

  /** What is chosen stands in the address, so that reload and "back" do what one expects. */
  #followAddress() {
    const [, kind, id] = location.hash.split("/");
    const known = kind === "alert" || kind === "sensor";
    this.store?.choose(known ? { kind, id: Number(id) } : null);
  }

  /** Fetch everything; what arrives on the line meanwhile is taken in afterwards. */
  async #load() {
    clearTimeout(this.loading);
    this.waiting = [];
    try {
      await this.fetchLists();
    } catch {
      if (!this.leaving.signal.aborted) this.loading = setTimeout(() => this.#load(), RETRY);
      return;
    }
    const waited = this.waiting ?? [];
    this.waiting = null;
    for (const message of waited) this.store?.apply(message);
    if (waited.length >= MOST_WAITING) this.#load();
  }

  async fetchLists() {
    const store = /** @type {Store} */ (this.store);
    const [sensors, pipelines, alerts] = await Promise.all([
      this.api.all(this.path("/api/v1/sensors")),
      this.api.all(this.path("/api/v1/pipelines"), 200_000),
      this.api.all(this.path(`/api/v1/alerts?status=${LISTED.join(",")}`), 5000),
    ]);
    store.setPipelines(pipelines);
    store.setSensors(sensors);
    store.setAlerts(alerts, LISTED);
    store.loaded = true;
  }

  /**
   * @param {import("./types.js").LiveMessage} message
   */
  #take(message) {
    if (!this.waiting) this.store?.apply(message);
    else if (this.waiting.length < MOST_WAITING) this.waiting.push(message);
  }
}

/**
 * Show one panel of the narrow shell; on a wide screen all are shown anyway.
 * @param {HTMLElement} tab
 */
function turnTo(tab) {
  document.body.dataset.tab = tab.dataset.tab;
  for (const each of document.querySelectorAll("nav.tabs button")) {
    each.setAttribute("aria-current", String(each === tab));
  }
}
