import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveStream, type LineState, type LiveMessage } from "@/live/stream";

class FakeSocket {
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onopen: (() => void) | null = null;
  isClosed = false;
  /** The first message: who it is, and from where on it wants to hear. */
  hello: { type: string; token: string; since?: string; replay_limit?: number } | null = null;
  readonly address: URL;
  constructor(address: URL) {
    this.address = address;
  }
  close(): void {
    this.isClosed = true;
  }
  send(text: string): void {
    this.hello = JSON.parse(text) as FakeSocket["hello"];
  }
  opens(): this {
    this.onopen?.();
    return this;
  }
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  breaks(code = 1006): void {
    this.onclose?.({ code });
  }
}

let sockets: FakeSocket[];
let heard: { events: LiveMessage[]; afresh: LiveMessage[][]; states: LineState[] };
let distrusted: number;
let token: () => Promise<string>;
let stream: LiveStream;

const last = (): FakeSocket => sockets.at(-1) as FakeSocket;
const replay = (more: object = {}): object => ({ type: "replay", data: [], cursor: "c1", complete: true, ...more });
const LONG = 10_000;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  sockets = [];
  heard = { events: [], afresh: [], states: [] };
  distrusted = 0;
  token = () => Promise.resolve("t1");
  const open = (address: URL): WebSocket => {
    sockets.push(new FakeSocket(address));
    return last() as unknown as WebSocket;
  };
  stream = new LiveStream(
    "/ws/7",
    { token: () => token(), distrust: () => (distrusted += 1), open, now: () => Date.now() },
    {
      event: (message) => heard.events.push(message),
      afresh: (missed) => heard.afresh.push(missed),
      state: (state) => heard.states.push(state),
    },
  );
  await stream.start();
});

afterEach(() => {
  stream.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("asks for no more than the newest the first time, and has everything fetched", () => {
  expect(last().address.pathname).toBe("/ws/7");
  expect(last().opens().hello).toEqual({ type: "auth", token: "t1", replay_limit: 50 });
  expect(last().address.search).toBe("");
  last().say(replay());
  expect(heard.afresh).toHaveLength(1);
  expect(heard.states).toEqual([{ is: "live" }]);
});

it("comes back by itself from where it was, and takes what was missed as events", async () => {
  last().say(replay());
  last().say({ type: "alert", data: 1, cursor: "c2" });
  last().breaks();
  expect(heard.states.at(-1)?.is).toBe("lost");
  await vi.advanceTimersByTimeAsync(LONG);
  expect(sockets).toHaveLength(2);
  expect(last().opens().hello).toEqual({ type: "auth", token: "t1", since: "c2" });
  last().say(replay({ data: [{ type: "alert", data: 2 }], cursor: "c3" }));
  expect(heard.events.map((each) => each.data)).toEqual([1, 2]);
  expect(heard.afresh).toHaveLength(1);
  expect(heard.states.at(-1)).toEqual({ is: "live" });
});

it("has everything fetched afresh when more was missed than the server still has", async () => {
  last().say(replay());
  last().breaks();
  await vi.advanceTimersByTimeAsync(LONG);
  last().say(replay({ complete: false, data: [{ type: "alert", data: 9 }] }));
  expect(heard.afresh).toHaveLength(2);
  expect(heard.afresh[1]).toEqual([{ type: "alert", data: 9 }]);
  expect(heard.events).toEqual([]);
});

it("keeps the moment since when it is lost over many tries, and waits longer between them", async () => {
  last().say(replay());
  const lostAt = Date.now();
  const tries: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    last().breaks();
    const state = heard.states.at(-1);
    if (state?.is !== "lost") throw new Error("not lost");
    expect(state.since).toBe(lostAt);
    tries.push(state.retryAt - Date.now());
    await vi.advanceTimersByTimeAsync(LONG);
  }
  expect(tries).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
});

it("holds a line that says nothing for dead, and hears no more of it", async () => {
  const dead = last();
  dead.say(replay());
  await vi.advanceTimersByTimeAsync(14_000);
  dead.say({ type: "beat", data: {} }); // nothing has happened: it lives
  await vi.advanceTimersByTimeAsync(14_000);
  expect(dead.isClosed).toBe(false);
  expect(heard.events).toEqual([]);
  await vi.advanceTimersByTimeAsync(LONG);
  expect(dead.isClosed).toBe(true);
  expect(sockets).toHaveLength(2);
  dead.say({ type: "alert", data: "late", cursor: "c9" });
  dead.breaks();
  expect(heard.events).toEqual([]);
  expect(sockets).toHaveLength(2);
});

it("fetches another token when it was refused", async () => {
  last().breaks(1008);
  expect(distrusted).toBe(1);
  token = () => Promise.resolve("t2");
  await vi.advanceTimersByTimeAsync(LONG);
  expect(last().opens().hello?.token).toBe("t2");
});

it("goes on trying while there is no server to give a token", async () => {
  last().breaks();
  token = () => Promise.reject(new Error("unreachable"));
  await vi.advanceTimersByTimeAsync(3 * LONG);
  expect(sockets).toHaveLength(1);
  token = () => Promise.resolve("t3");
  await vi.advanceTimersByTimeAsync(LONG);
  expect(sockets).toHaveLength(2);
});

it("tries at once when it is told to, and not twice", async () => {
  last().breaks();
  stream.retryNow();
  await vi.advanceTimersByTimeAsync(0);
  expect(sockets).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(LONG);
  expect(sockets).toHaveLength(2);
});

it("is silent for good once it was stopped", async () => {
  stream.stop();
  expect(last().isClosed).toBe(true);
  last().breaks();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(sockets).toHaveLength(1);
});
