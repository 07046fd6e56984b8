// @ts-check
/** The strip: how the system is, and what became of everything that devices sent today. */

import { fill, h, say, set, the } from "./dom.js";
import { count, words } from "./format.js";

const EVERY = 5000;
const COLUMNS = ["received", "stored", "duplicate", "late", "quarantined", "rejected"];
/** What should not happen is marked when it does. */
const ABNORMAL = ["quarantined", "rejected"];

const INSPECTORS = ["super_admin", "admin", "operator"];

export class Strip {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./room.js").Room} room
   * @param {AbortSignal} signal
   */
  constructor(api, room, signal) {
    this.api = api;
    this.room = room;
    this.mayInspect = INSPECTORS.includes(api.user?.role ?? "");
    this.#furnish();
    const timer = setInterval(() => this.#look(), EVERY);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#look();
  }

  #furnish() {
    this.health = h("p", { class: "health" }, "System …");
    this.reasons = h("p", { class: "reasons" });
    /** @type {Record<string, HTMLElement>} */
    this.numbers = {};
    const cells = COLUMNS.map((name) => {
      this.numbers[name] = h("b", {}, "–");
      return h("span", { class: "cell", "data-column": name }, `${name} `, this.numbers[name]);
    });
    const warning = location.protocol === "http:" && !isThisComputer() &&
      h("p", { class: "insecure" }, "▲ This connection is not encrypted");
    fill(the("strip"), this.health, this.mayInspect && h("p", { class: "ledger" }, h("span", { class: "soft" }, "Readings today: "), ...cells), this.reasons, warning);
  }

  #look() {
    if (document.hidden) return;
    this.#lookAtHealth().catch(() => this.#sayHealth("unknown", "System: no answer"));
    // Without an answer the last numbers stay; the line's sign says that the server is away.
    if (this.mayInspect) this.#lookAtLedger().catch(() => {});
  }

  async #lookAtHealth() {
    const said = await this.api.open("GET", "/api/v1/monitoring/health");
    const { system, sensors } = said.components;
    const parts = [`System ${said.status}`];
    if (sensors?.health_score !== undefined) parts.push(`${Math.round(sensors.health_score)} % of sensors report`);
    const machine = `CPU ${Math.round(system.cpu_percent)} %, memory ${Math.round(system.memory_percent)} %`;
    if (said.status !== "healthy") parts.push(machine);
    this.#sayHealth(said.status, parts.join(" · "));
    set(/** @type {Element} */ (this.health), "title", machine);
  }

  /**
   * @param {string} status
   * @param {string} text
   */
  #sayHealth(status, text) {
    const health = /** @type {HTMLElement} */ (this.health);
    set(health, "data-status", status);
    say(health, status === "healthy" ? text : `▲ ${text}`);
  }

  async #lookAtLedger() {
    const midnight = new Date(this.api.now());
    midnight.setHours(0, 0, 0, 0);
    const span = `from=${midnight.toISOString()}&to=${new Date(this.api.now() + 60_000).toISOString()}`;
    const counts = await this.api.get(this.room.path(`/api/v1/ledger?${span}`));
    const reasons = Object.entries(counts.rejected).sort(([, a], [, b]) => b - a);
    const rejected = reasons.reduce((sum, [, n]) => sum + n, 0);
    for (const name of COLUMNS) this.#number(name, name === "rejected" ? rejected : counts[name]);
    say(/** @type {Element} */ (this.reasons), reasons.slice(0, 3).map(([reason, n]) => `${words(reason)} ${count(n)}`).join(", "));
  }

  /**
   * @param {string} column
   * @param {number} n
   */
  #number(column, n) {
    const number = /** @type {Record<string, HTMLElement>} */ (this.numbers)[column];
    say(number, count(n));
    set(number, "class", ABNORMAL.includes(column) && n > 0 ? "abnormal" : null);
  }
}

const isThisComputer = () => /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
