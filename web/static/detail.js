// @ts-check
/** The detail panel: shows what is chosen, one thing at a time. */

import { AlertView } from "./alert_detail.js";
import { People } from "./people.js";
import { SensorView } from "./sensor_detail.js";

const VIEWS = { alert: AlertView, sensor: SensorView };

export class Detail {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./store.js").Store} store
   * @param {HTMLElement} panel
   * @param {AbortSignal} signal
   */
  constructor(api, store, panel, signal) {
    this.api = api;
    this.store = store;
    this.people = new People(api);
    this.panel = panel;
    /** @type {AlertView | SensorView | null} */
    this.view = null;
    /** @type {Element | null} */
    this.opener = null;
    store.addEventListener("change", (event) => this.#onChange(/** @type {CustomEvent} */ (event).detail));
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") location.hash = "";
    }, { signal });
    signal.addEventListener("abort", () => this.#close());
  }

  /**
   * @param {Set<string>} topics
   */
  #onChange(topics) {
    if (topics.has("choice")) this.#show();
    else this.view?.update();
  }

  #show() {
    const { choice } = this.store;
    const wasOpen = !this.panel.hidden;
    if (!wasOpen) this.opener = document.activeElement;
    this.#close();
    if (choice === null) {
      // The keyboard goes on where it opened the panel, not at the top of the page.
      if (wasOpen && this.opener instanceof HTMLElement) this.opener.focus({ preventScroll: true });
      return;
    }
    this.panel.hidden = false;
    this.view = new VIEWS[choice.kind](this.api, this.store, this.people, this.panel, choice.id);
    this.view.parts.title.focus({ preventScroll: true });
  }

  #close() {
    this.view?.stop();
    this.view = null;
    this.panel.hidden = true;
    this.panel.replaceChildren();
  }
}
