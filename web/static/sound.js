// @ts-check
/** A sound for high and critical alarms that goes on until somebody reacts, and says when it can't. */

import { h, fill } from "./dom.js";
import { time } from "./format.js";

const MUTED_FOR = 5 * 60_000;
const LOOP_SECONDS = 2;
const EVERY = 1000;
/** Two-tone for critical, one tone for high: [hertz, from, to] in seconds. */
/** @type {Record<string, [number, number, number][]>} */
const TONES = {
  critical: [[880, 0, 0.22], [660, 0.26, 0.48], [880, 0.52, 0.74]],
  high: [[660, 0, 0.3]],
};

export class Sound {
  /**
   * @param {import("./store.js").Store} store
   * @param {AbortSignal} signal
   */
  constructor(store, signal) {
    this.store = store;
    this.place = /** @type {HTMLElement} */ (document.getElementById("sound"));
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {AudioBufferSourceNode | null} */
    this.playing = null;
    this.severity = "";
    this.mutedUntil = 0;
    this.shown = "";
    store.addEventListener("change", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.has("alerts")) this.follow();
    });
    // Browsers let a page make a sound only after the person has touched it.
    for (const touch of ["pointerdown", "keydown"]) {
      addEventListener(touch, () => this.#unblock(), { signal });
    }
    const timer = setInterval(() => this.follow(), EVERY);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#stop();
    });
    this.follow();
  }

  #stop() {
    this.#hush();
    this.context?.close();
    this.context = null;
    fill(this.place);
  }

  /** Play what the alarms ask for now; the control says what is heard and what is not. */
  follow() {
    const worst = this.store.active().find(({ status, severity }) => status === "open" && severity in TONES);
    const muted = Date.now() < this.mutedUntil;
    if (worst) this.context ??= new AudioContext();
    const wanted = worst && !muted ? worst.severity : "";
    if (wanted !== this.severity) this.#play(wanted);
    this.#draw(Boolean(worst), muted);
  }

  /**
   * @param {string} severity
   */
  #play(severity) {
    this.#hush();
    this.severity = severity;
    if (!severity || !this.context) return;
    const source = this.context.createBufferSource();
    source.buffer = melody(this.context, TONES[severity]);
    source.loop = true;
    source.connect(this.context.destination);
    source.start();
    this.playing = source;
  }

  #hush() {
    this.playing?.stop();
    this.playing?.disconnect();
    this.playing = null;
    this.severity = "";
  }

  async #unblock() {
    if (this.context?.state === "suspended") await this.context.resume().catch(() => {});
    this.follow();
  }

  /**
   * @param {boolean} alarm
   * @param {boolean} muted
   */
  #draw(alarm, muted) {
    const blocked = alarm && !muted && this.context?.state === "suspended";
    const shown = blocked ? "blocked" : muted ? `muted ${this.mutedUntil}` : alarm ? "sounding" : "ready";
    if (shown === this.shown) return;
    this.shown = shown;
    fill(this.place, ...this.#control(shown));
  }

  /**
   * @param {string} shown
   */
  #control(shown) {
    const mute = () => this.#mute(MUTED_FOR);
    if (shown === "blocked") {
      return [h("button", { class: "warn", onclick: () => this.#unblock() }, "Sound is blocked by the browser – allow")];
    }
    if (shown === "sounding") return [h("button", { onclick: mute }, "Mute 5 min")];
    if (shown === "ready") return [h("span", { class: "soft" }, "Sound on"), " ", h("button", { onclick: mute }, "Mute 5 min")];
    return [h("span", {}, `Muted until ${time(this.mutedUntil)}`), " ", h("button", { onclick: () => this.#mute(0) }, "Unmute")];
  }

  /**
   * @param {number} milliseconds
   */
  #mute(milliseconds) {
    this.mutedUntil = milliseconds && Date.now() + milliseconds;
    this.follow();
  }
}

/**
 * A loop of tones with soft edges.
 * @param {AudioContext} context
 * @param {[number, number, number][]} tones
 */
function melody(context, tones) {
  const rate = context.sampleRate;
  const buffer = context.createBuffer(1, rate * LOOP_SECONDS, rate);
  const samples = buffer.getChannelData(0);
  for (const [hertz, from, to] of tones) {
    for (let i = Math.floor(from * rate); i < to * rate; i++) {
      const edge = Math.min(1, (i / rate - from) / 0.01, (to - i / rate) / 0.02);
      samples[i] = 0.25 * Math.max(0, edge) * Math.sin((2 * Math.PI * hertz * i) / rate);
    }
  }
  return buffer;
}
