import { LOOP_SECONDS, write, type Call } from "./melody";

/**
 * What can be heard of an alarm now. `blocked`: the browser lets no page make a sound before somebody has
 * touched it; `quiet`: nothing to be heard; `off`: this device was told to be silent.
 */
export type Heard =
  | { is: "quiet" }
  | { is: "sounding"; call: Call }
  | { is: "blocked"; call: Call }
  | { is: "muted"; until: number; call: Call | null }
  | { is: "off"; call: Call | null };

const MUTED_FOR = 5 * 60_000;
const KEPT = "weir.sound";
const TEST_SECONDS = 2;
/** A device that sleeps or a headset that is pulled stops an AudioContext: it is looked at again and again. */
const EVERY = 1000;

/** Sounds until somebody reacts. One for the page: it outlives screens, and a reload keeps muting and off. */
export class Siren extends EventTarget {
  #context: AudioContext | null = null;
  #playing: AudioBufferSourceNode | null = null;
  #call: Call | null = null;
  #audible: Call | null = null;
  #mutedUntil = 0;
  #isOff = false;
  #heard: Heard = { is: "quiet" };
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #touched = (): void => void this.unblock();

  readonly #clock: () => number;

  constructor(clock: () => number) {
    super();
    this.#clock = clock;
    const kept = localStorage.getItem(KEPT) ?? "";
    this.#isOff = kept === "off";
    this.#mutedUntil = Number(/^muted (\d+)$/.exec(kept)?.[1] ?? 0);
  }

  get heard(): Heard {
    return this.#heard;
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  /** Begin to listen for the touch that browsers want before the first sound; gives the way to stop all. */
  start(): () => void {
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, this.#touched);
    this.#timer = setInterval(() => this.#follow(), EVERY);
    return () => {
      for (const touch of ["pointerdown", "keydown"]) removeEventListener(touch, this.#touched);
      clearInterval(this.#timer);
      this.#call = null;
      this.#follow();
    };
  }

  /** Say what the alarms ask for now. */
  wants(call: Call | null): void {
    this.#call = call;
    this.#follow();
  }

  mute(): void {
    this.#mutedUntil = this.#clock() + MUTED_FOR;
    this.#keep();
  }

  unmute(): void {
    this.#mutedUntil = 0;
    this.#keep();
  }

  turn(isOn: boolean): void {
    this.#isOff = !isOn;
    this.#mutedUntil = 0;
    this.#keep();
  }

  /** Let the browser make sounds: works from within a click or a key press alone. */
  async unblock(): Promise<void> {
    if (this.#context?.state === "suspended") await this.#context.resume().catch(() => undefined);
    this.#follow();
  }

  /** Play the call of a critical alarm once, to hear whether the loudspeaker is on. */
  async test(): Promise<boolean> {
    const context = this.#sounds();
    await context.resume().catch(() => undefined);
    if (context.state !== "running") return false;
    const source = this.#source(context, "critical");
    source.start();
    source.stop(context.currentTime + TEST_SECONDS);
    return true;
  }

  #keep(): void {
    const kept = this.#isOff ? "off" : this.#mutedUntil > this.#clock() ? `muted ${this.#mutedUntil}` : "on";
    localStorage.setItem(KEPT, kept);
    this.#follow();
  }

  #follow(): void {
    const isMuted = this.#clock() < this.#mutedUntil;
    const wanted = this.#isOff || isMuted ? null : this.#call;
    if (wanted) void this.#sounds();
    if (wanted !== this.#audible) this.#play(wanted);
    this.#say(this.#now(isMuted));
  }

  #now(isMuted: boolean): Heard {
    const call = this.#call;
    if (this.#isOff) return { is: "off", call };
    if (isMuted) return { is: "muted", until: this.#mutedUntil, call };
    if (!call) return { is: "quiet" };
    return this.#context?.state === "running" ? { is: "sounding", call } : { is: "blocked", call };
  }

  #play(call: Call | null): void {
    this.#playing?.stop();
    this.#playing?.disconnect();
    this.#playing = null;
    this.#audible = call;
    if (!call || !this.#context) return;
    this.#playing = this.#source(this.#context, call);
    this.#playing.loop = true;
    this.#playing.start();
  }

  #source(context: AudioContext, call: Call): AudioBufferSourceNode {
    const buffer = context.createBuffer(1, context.sampleRate * LOOP_SECONDS, context.sampleRate);
    write(buffer.getChannelData(0), context.sampleRate, call);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    return source;
  }

  #sounds(): AudioContext {
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#context.onstatechange = () => this.#follow();
    }
    // Where the person has touched the page before, this is enough; elsewhere it waits for the touch.
    if (this.#context.state === "suspended" && navigator.userActivation?.hasBeenActive !== false) {
      void this.#context.resume().catch(() => undefined);
    }
    return this.#context;
  }

  #say(heard: Heard): void {
    if (JSON.stringify(heard) === JSON.stringify(this.#heard)) return;
    this.#heard = heard;
    document.documentElement.dataset["sound"] = heard.is;
    this.dispatchEvent(new Event("change"));
  }
}
