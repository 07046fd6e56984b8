// @ts-check
/** One alarm: why it came, what has happened to it, and what one can do about it. */

import { statusWord } from "./alerts.js";
import { Chart } from "./chart.js";
import { fill, h, keyed, say, set } from "./dom.js";
import { quantity, time, words } from "./format.js";
import { symbol } from "./shapes.js";

/** @typedef {import("./types.js").Alert} Alert */
/** @typedef {import("./types.js").Change} Change */

/**
 * What a person can do, from which status, and how the server wants the note.
 * @type {{act: string, label: string, from: string[], body: (note: string) => object}[]}
 */
const ACTIONS = [
  { act: "acknowledge", label: "Acknowledge", from: ["open"], body: (notes) => ({ notes }) },
  { act: "start", label: "Start work", from: ["open", "acknowledged"], body: (notes) => ({ notes }) },
  {
    act: "resolve", label: "Resolve", from: ["open", "acknowledged", "in_progress"],
    body: (resolution_notes) => ({ resolution_notes }),
  },
  { act: "close", label: "Close", from: ["resolved"], body: (notes) => ({ notes }) },
];

export class AlertDetail {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./store.js").Store} store
   * @param {import("./room.js").Room} room
   * @param {HTMLElement} panel
   * @param {AbortSignal} signal
   */
  constructor(api, store, room, panel, signal) {
    this.api = api;
    this.store = store;
    this.room = room;
    this.panel = panel;
    /** @type {Alert | null} */
    this.alert = null;
    /** @type {Chart | null} */
    this.chart = null;
    this.fetched = "";
    store.addEventListener("change", (event) => this.#onChange(/** @type {CustomEvent} */ (event).detail));
    signal.addEventListener("abort", () => this.stop());
  }

  stop() {
    this.chart?.stop();
    this.chart = null;
    this.alert = null;
  }

  /**
   * @param {Set<string>} topics
   */
  #onChange(topics) {
    const { choice } = this.store;
    if (choice?.kind !== "alert") return this.alert && this.stop();
    if (this.alert?.id !== choice.id) return this.#open(choice.id);
    const live = this.store.alerts.get(choice.id);
    if (topics.has("alerts") && live && version(live) !== this.fetched) this.#fetch(choice.id);
  }

  /**
   * @param {number} id
   */
  async #open(id) {
    this.stop();
    const known = this.store.alerts.get(id);
    this.alert = known ?? /** @type {any} */ ({ id, title: "Alarm", changes: [] });
    this.#furnish();
    if (known) this.#draw();
    await this.#fetch(id);
  }

  /**
   * @param {number} id
   */
  async #fetch(id) {
    const live = this.store.alerts.get(id);
    this.fetched = live ? version(live) : "";
    try {
      const alert = await this.api.get(`/api/v1/alerts/${id}`);
      if (this.alert?.id !== id) return;
      this.alert = alert;
      this.#draw();
    } catch (error) {
      if (this.alert?.id === id) say(this.parts.complaint, /** @type {Error} */ (error).message);
    }
  }

  /** The frame of an alarm; drawn once, so that nothing one types is lost when it changes. */
  #furnish() {
    const part = (/** @type {keyof HTMLElementTagNameMap} */ tag, name = "") => h(tag, { class: name });
    const note = h("textarea", { id: "alert-note", rows: 2, maxlength: 2000 });
    const complaint = h("p", { class: "complaint", role: "alert" });
    const buttons = ACTIONS.map((action) =>
      h("button", { "data-act": action.act, onclick: () => this.#act(action.act, action.body) }, action.label),
    );
    const comment = h("button", { "data-act": "comments", onclick: () => this.#comment() }, "Comment");
    this.parts = {
      mark: part("span", "mark"), title: h("h2", { id: "detail-title", tabindex: -1 }),
      state: h("p", { class: "state", role: "status" }), evidence: part("p", "evidence"),
      facts: part("dl", "facts"), chart: part("div", "chart"), changes: part("ol", "changes"),
      note, complaint, buttons, comment,
    };
    const { mark, title, state, evidence, facts, chart, changes } = this.parts;
    const close = h("button", { class: "close", onclick: () => { location.hash = ""; } }, "Close");
    fill(this.panel,
      h("header", {}, mark, title, close),
      h("div", { class: "scroll" }, state, evidence,
        h("div", { class: "handle" }, h("label", { for: "alert-note" }, "Note"), note,
          h("div", { class: "actions" }, ...buttons, comment), complaint),
        chart, facts, h("h3", {}, "What happened"), changes));
    this.panel.hidden = false;
    title.focus({ preventScroll: true });
  }

  #draw() {
    const alert = /** @type {Alert} */ (this.alert);
    const { mark, title, state, evidence, facts, buttons, changes } = this.parts;
    fill(mark, symbol(alert.severity));
    say(title, alert.title);
    const ended = alert.condition_active === false ? " The condition has ended." : "";
    say(state, `${capital(alert.severity)}, ${statusWord(alert)}.${ended}`);
    set(state, "data-status", alert.status);
    say(evidence, alert.evidence?.words ?? alert.description);
    fill(facts, ...this.#facts(alert));
    buttons.forEach((button, i) => {
      button.hidden = !ACTIONS[i].from.includes(alert.status);
    });
    const primary = buttons.find((button) => !button.hidden);
    for (const button of buttons) set(button, "class", button === primary ? "primary" : "");
    keyed(changes, [...(alert.changes ?? [])].reverse(), (change) => change.at + change.kind + change.note,
      makeChange, () => {});
    this.#drawChart(alert);
  }

  /**
   * @param {Alert} alert
   */
  #facts(alert) {
    const sensor = alert.sensor_id === null ? undefined : this.store.sensors.get(alert.sensor_id);
    /** @type {[string, any][]} */
    const facts = [
      ["Since", time(alert.raised_at ?? alert.created_at)],
      ["Kind", words(alert.alert_type)],
      ["Seen", alert.occurrences === undefined ? null : `${alert.occurrences} ×`],
      ["Last seen", alert.last_seen_at ? time(alert.last_seen_at) : null],
      ["Sensor", sensor && h("a", { href: `#/sensor/${sensor.id}` }, sensor.name)],
      ["Reads now", sensor && quantity(sensor.last_reading, sensor.unit)],
    ];
    return facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  }

  /**
   * @param {Alert} alert
   */
  #drawChart(alert) {
    if (this.chart || alert.sensor_id === null || !alert.created_at) return;
    const mark = { at: Date.parse(alert.raised_at ?? alert.created_at), label: "alarm" };
    this.chart = new Chart(this.api, this.store, alert.sensor_id, this.parts.chart, mark);
  }

  /**
   * @param {string} act
   * @param {(note: string) => object} body
   */
  async #act(act, body) {
    const { note, complaint, buttons, comment, title } = this.parts;
    const id = this.alert?.id;
    const all = [...buttons, comment];
    complaint.textContent = "";
    for (const button of all) button.disabled = true;
    try {
      await this.api.post(`/api/v1/alerts/${id}/${act}`, body(note.value.trim()));
      if (this.alert?.id !== id) return;
      note.value = "";
      await this.#fetch(/** @type {number} */ (id));
    } catch (error) {
      complaint.textContent = /** @type {Error} */ (error).message;
    } finally {
      for (const button of all) button.disabled = false;
      // The button that was pressed may be gone now; the keyboard goes on from the title.
      if (document.activeElement === document.body) title.focus({ preventScroll: true });
    }
  }

  #comment() {
    const { note, complaint } = this.parts;
    if (note.value.trim()) return this.#act("comments", (text) => ({ note: text }));
    complaint.textContent = "Write the comment first.";
    note.focus();
  }
}

/** @param {Alert} alert */
const version = (alert) => `${alert.status} ${alert.change ?? ""} ${alert.changed_at ?? ""}`;

/** @param {string} word */
const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

/** @param {Change} change */
function makeChange(change) {
  const by = change.by_name ?? (change.by ? `person ${change.by}` : "Weir");
  return h("li", {},
    h("span", { class: "when" }, time(change.at)),
    h("span", { class: "who" }, by),
    h("span", { class: "did" }, deed(change)),
    change.note && h("q", {}, change.note),
    change.evidence && h("span", { class: "why" }, change.evidence.words));
}

/** @param {Change} change */
function deed(change) {
  const moved = change.after === "in_progress" ? "started work" : words(change.after);
  return {
    opened: "raised the alarm", reopened: "reopened: the cause came back",
    cleared: "the condition ended", returned: "the condition is back",
    moved, commented: "commented",
  }[change.kind];
}
