/** The live line: one WebSocket that comes back by itself and misses nothing. */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;
/** The server says at least every 5 s that nothing has happened: after three times that the line is dead. */
const SILENT_TOO_LONG = 15_000;
const REFUSED = 1008;

export interface LiveMessage {
  type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind of event has a shape of its own: see store.ts
  data: any;
  cursor?: string;
  complete?: boolean;
}

export type LineState =
  | { is: "opening" }
  | { is: "live" }
  | { is: "lost"; since: number; retryAt: number };

export interface Hearer {
  /** One event; taking it twice must change nothing. */
  event(message: LiveMessage): void;
  /** What is shown must be fetched afresh: the first connection, or too much was missed. */
  afresh(replay: LiveMessage[]): void;
  state(state: LineState): void;
}

export interface Ports {
  token(): Promise<string>;
  distrust(): void;
  open(address: URL): WebSocket;
  now(): number;
}

export class LiveStream {
  #state: LineState = { is: "opening" };
  #socket: WebSocket | null = null;
  /** Everything up to here has been taken in. */
  #cursor: string | null = null;
  #wait = FIRST_WAIT;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  readonly #path: string;
  readonly #ports: Ports;
  readonly #hearer: Hearer;

  constructor(path: string, ports: Ports, hearer: Hearer) {
    this.#path = path;
    this.#ports = ports;
    this.#hearer = hearer;
  }

  /** Open the line; it stays open until `stop`. */
  async start(): Promise<void> {
    try {
      const token = await this.#ports.token();
      if (!this.#stopped) this.#open(token);
    } catch {
      // Without a session the page goes to the sign-in and stops this line; without a server it retries.
      if (!this.#stopped) this.#retryLater();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.#socket?.close();
    this.#socket = null;
  }

  /** Try at once instead of waiting. */
  retryNow(): void {
    if (this.#stopped || this.#socket) return;
    clearTimeout(this.#timer);
    void this.start();
  }

  #open(token: string): void {
    const address = new URL(this.#path, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const from = this.#cursor === null ? { replay_limit: 50 } : { since: this.#cursor };
    const socket = this.#ports.open(address);
    this.#socket = socket;
    this.#expectSomething(socket);
    // Browsers can't set headers on a WebSocket, and addresses end up in logs: who it is, it says first.
    socket.onopen = () => socket.send(JSON.stringify({ type: "auth", token, ...from }));
    socket.onmessage = (event: MessageEvent<string>) => {
      if (socket === this.#socket) this.#take(socket, JSON.parse(event.data) as LiveMessage);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    };
  }

  #take(socket: WebSocket, message: LiveMessage): void {
    this.#expectSomething(socket);
    if (message.type === "beat") return;
    const fresh = message.type === "replay" && (this.#cursor === null || message.complete === false);
    this.#cursor = message.cursor ?? this.#cursor;
    if (message.type !== "replay") {
      this.#hearer.event(message);
      return;
    }
    this.#wait = FIRST_WAIT;
    this.#say({ is: "live" });
    const missed = message.data as LiveMessage[];
    if (fresh) this.#hearer.afresh(missed);
    else for (const event of missed) this.#hearer.event(event);
  }

  #expectSomething(socket: WebSocket): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      if (socket !== this.#socket || this.#stopped) return;
      socket.close();
      this.#lost(0);
    }, SILENT_TOO_LONG);
  }

  #lost(code: number): void {
    clearTimeout(this.#watch);
    this.#socket = null;
    if (code === REFUSED) this.#ports.distrust();
    this.#retryLater();
  }

  #retryLater(): void {
    clearTimeout(this.#timer);
    // Half of the wait is chance, so that a room full of screens does not come back in one instant.
    const wait = this.#wait * (0.5 + Math.random() / 2);
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2);
    const at = this.#ports.now();
    const since = this.#state.is === "lost" ? this.#state.since : at;
    this.#say({ is: "lost", since, retryAt: at + wait });
    this.#timer = setTimeout(() => void this.start(), wait);
  }

  #say(state: LineState): void {
    this.#state = state;
    this.#hearer.state(state);
  }
}
