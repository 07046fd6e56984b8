// @ts-check
/** One alarm: why it came, what has happened to it, and what one can do about it. */

import { statusWord } from "./alerts.js";
import { Chart } from "./chart.js";
import { closeButton, fill, h, keyed, say, set } from "./dom.js";
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

/** Shows one alarm in the panel until `stop`. */
export class AlertView {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./store.js").Store} store
   * @param {import("./people.js").People} people
   * @param {HTMLElement} panel
   * @param {number} id
   */
  constructor(api, store, people, panel, id) {
    this.api = api;
    this.store = store;
    this.people = people;
    this.id = id;
    /** @type {Chart | null} */
    this.chart = null;
    this.fetched = "";
    this.asked = 0;
    this.stopped = false;
    this.parts = frame(
      panel,
      ACTIONS.map(({ act, label, body }) => h("button", { "data-act": act, onclick: () => this.#act(act, body) }, label)),
      h("button", { "data-act": "comments", onclick: () => this.#comment() }, "Comment"),
    );
    const known = store.alerts.get(id);
    if (known) this.#draw(known);
    this.#fetch();
  }

  stop() {
    this.stopped = true;
    this.chart?.stop();
  }

  /** Look again when the alarm has changed. */
  update() {
    const live = this.store.alerts.get(this.id);
    if (live && version(live) !== this.fetched) this.#fetch();
  }

  async #fetch() {
    const live = this.store.alerts.get(this.id);
    this.fetched = live ? version(live) : "";
    const question = ++this.asked;
    try {
      const [alert, changes] = await Promise.all([
        this.api.get(`/api/v1/alerts/${this.id}`), this.api.get(`/api/v1/alerts/${this.id}/changes`),
      ]);
      // Answers may overtake each other: an older one must not draw over a newer.
      if (this.stopped || question !== this.asked) return;
      this.#draw(alert);
      this.#drawChanges(changes);
    } catch (error) {
      say(this.parts.complaint, /** @type {Error} */ (error).message);
    }
  }

  /**
   * @param {Alert} alert
   */
  #draw(alert) {
    const { mark, title, state, evidence, facts, buttons } = this.parts;
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
    this.#drawChart(alert);
  }

  /**
   * @param {Change[]} changes oldest first
   */
  #drawChanges(changes) {
    const newestFirst = [...changes].reverse();
    keyed(this.parts.changes, newestFirst, (change) => change.number, (change) => this.#makeChange(change), () => {});
  }

  /**
   * @param {Change} change
   */
  #makeChange(change) {
    return h("li", {},
      h("span", { class: "when" }, time(change.at)), " ",
      h("span", { class: "who" }, this.people.name(change.by)), " ",
      h("span", { class: "did" }, deed(change)),
      change.note && h("q", {}, change.note),
      change.evidence && h("span", { class: "why" }, change.evidence.words));
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
    const all = [...buttons, comment];
    complaint.textContent = "";
    for (const button of all) button.disabled = true;
    try {
      await this.api.post(`/api/v1/alerts/${this.id}/${act}`, body(note.value.trim()));
      note.value = "";
      await this.#fetch();
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
    if (note.value.trim()) return this.#act("comments", (comment) => ({ comment }));
    complaint.textContent = "Write the comment first.";
    note.focus();
  }
}

/**
 * The frame of an alarm; made once, so that nothing one types is lost when the alarm changes.
 * @param {HTMLElement} panel
 * @param {HTMLButtonElement[]} buttons
 * @param {HTMLButtonElement} comment
 */
function frame(panel, buttons, comment) {
  const mark = h("span", { class: "mark" });
  const title = h("h2", { id: "detail-title", tabindex: -1 }, "Alarm");
  const state = h("p", { class: "state", role: "status" });
  const evidence = h("p", { class: "evidence" });
  const note = h("textarea", { id: "alert-note", rows: 2, maxlength: 2000 });
  const complaint = h("p", { class: "complaint", role: "alert" });
  const chart = h("div", { class: "chart" });
  const facts = h("dl", { class: "facts" });
  const changes = h("ol", { class: "changes" });
  const handle = h("div", { class: "handle" },
    h("label", { for: "alert-note" }, "Note"), note, h("div", { class: "actions" }, ...buttons, comment), complaint);
  fill(panel,
    h("header", {}, mark, title, closeButton()),
    h("div", { class: "scroll" }, state, evidence, handle, chart, facts, h("h3", {}, "What happened"), changes));
  return { mark, title, state, evidence, note, complaint, chart, facts, changes, buttons, comment };
}

/** @param {Alert} alert */
const version = (alert) => `${alert.status} ${alert.change ?? ""} ${alert.changed_at ?? ""}`;

/** @param {string} word */
const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

/** @param {Change} change */
function deed(change) {
  const moved = change.after === "in_progress" ? "started work" : words(change.after);
  return {
    opened: "raised the alarm", reopened: "reopened: the cause came back",
    cleared: "the condition ended", returned: "the condition is back",
    moved, commented: "commented",
  }[change.kind];
}
