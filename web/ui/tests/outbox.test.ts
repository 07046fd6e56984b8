import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import { KEY_HOLDS, type Deed, type Item } from "@/offline/deeds";
import { MOST_ITEMS, Outbox, OutboxFull, type Outcome } from "@/offline/outbox";
import { inMemory, openShelf, type Shelf } from "@/offline/shelf";

const PLACE = 7;

function incident(mark: string, title = "Water in the street"): Deed {
  return {
    kind: "incident", mark,
    body: { title, description: null, incident_type: null, severity: "high", municipality_id: PLACE, notes: null, sensor_id: null, alert_id: null, location: null },
  };
}

const comment = (on: number | string, text: string): Deed => ({ kind: "comment", incident: on, comment: text });

/** A server that may be away, lose its answers or refuse; it knows keys as ours does. */
class Server {
  isUp = true;
  losesAnswers = false;
  refuses: (item: Item) => string | null = () => null;
  readonly done: Item[] = [];
  readonly #keys = new Map<string, number>();

  async take(item: Item): Promise<Outcome> {
    if (!this.isUp) return { is: "later" };
    const why = this.refuses(item);
    if (why !== null) return { is: "refused", why };
    const id = this.#keys.get(item.key) ?? 100 + this.#keys.size;
    if (!this.#keys.has(item.key)) this.done.push(item);
    this.#keys.set(item.key, id);
    return this.losesAnswers ? { is: "later" } : { is: "done", id };
  }
}

class World {
  person: number | null = 1;
  now = 1_000_000;
  readonly server = new Server();

  outbox(shelf: Promise<Shelf>): Outbox {
    return new Outbox(shelf, {
      person: () => this.person,
      now: () => this.now,
      reaches: async () => this.server.isUp || this.server.losesAnswers,
      send: (item) => this.server.take(item),
      alone: (work) => work(),
      tell: () => undefined,
    });
  }
}

const said = (items: readonly Item[]): string[] => items.map(({ deed }) => (deed.kind === "comment" ? deed.comment : deed.kind));

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

describe("the outbox", () => {
  it("sends at once what is written while there is a connection", async () => {
    const world = new World();
    const outbox = world.outbox(openShelf());
    expect(await outbox.deliver(comment(5, "Valve 7 is shut"), PLACE)).toEqual({ is: "sent", id: 100 });
    expect(outbox.items).toEqual([]);
  });

  it("keeps what is written without one over a restart and sends it in order, each to the incident it is about", async () => {
    const world = new World();
    world.server.isUp = false;
    const before = world.outbox(openShelf());
    expect(await before.deliver(incident("a"), PLACE)).toEqual({ is: "waiting" });
    await before.add(comment("a", "first"), PLACE);
    await before.add(comment("a", "second"), PLACE);

    world.server.isUp = true;
    world.now += 7 * 24 * 3_600_000;
    const after = world.outbox(openShelf());
    await after.look();
    expect(said(after.items)).toEqual(["incident", "first", "second"]);
    await after.flush();
    expect(said(world.server.done)).toEqual(["incident", "first", "second"]);
    expect(world.server.done.slice(1).map(({ deed }) => "incident" in deed && deed.incident)).toEqual([100, 100]);
    expect(after.arrived.get("a")).toBe(100);
    expect(after.items).toEqual([]);
  });

  it("does once what it sends again because no answer came", async () => {
    const world = new World();
    const outbox = world.outbox(openShelf());
    world.server.losesAnswers = true;
    await outbox.deliver(comment(5, "once"), PLACE);
    await outbox.flush();
    world.server.losesAnswers = false;
    await outbox.flush();
    expect(said(world.server.done)).toEqual(["once"]);
    expect(outbox.items).toEqual([]);
  });

  it("asks the person instead of sending again what the server may have forgotten", async () => {
    const world = new World();
    const outbox = world.outbox(openShelf());
    world.server.losesAnswers = true;
    await outbox.deliver(comment(5, "perhaps"), PLACE);
    world.server.losesAnswers = false;
    world.now += KEY_HOLDS + 1;
    await outbox.flush();
    expect(outbox.items[0]?.state).toBe("unsure");
    expect(world.server.done).toHaveLength(1);
  });

  it("does not count the time without a connection against what never left", async () => {
    const world = new World();
    const outbox = world.outbox(openShelf());
    world.server.isUp = false;
    await outbox.deliver(comment(5, "late"), PLACE);
    world.now += 10 * KEY_HOLDS;
    await outbox.flush();
    world.server.isUp = true;
    await outbox.flush();
    expect(said(world.server.done)).toEqual(["late"]);
  });

  it("ticks off what was itself written without a connection once that has its number, however long it waited", async () => {
    const world = new World();
    world.server.isUp = false;
    const outbox = world.outbox(openShelf());
    await outbox.add(incident("a"), PLACE);
    await outbox.add({ kind: "item", incident: "a", mark: "b", text: "Shut valve 7" }, PLACE);
    await outbox.add({ kind: "tick", incident: "a", item: "b", version: null, text: "Shut valve 7", isDone: true }, PLACE);
    world.server.isUp = true;
    world.server.losesAnswers = true;
    await outbox.flush();
    world.server.losesAnswers = false;
    await outbox.flush();
    expect(world.server.done.map(({ deed }) => deed)).toMatchObject([
      { kind: "incident" }, { kind: "item", incident: 100 }, { kind: "tick", incident: 100, item: 101 },
    ]);
    expect(outbox.items).toEqual([]);
  });

  it("throws away with an item what was ticked of it", async () => {
    const world = new World();
    world.server.isUp = false;
    const outbox = world.outbox(openShelf());
    await outbox.add({ kind: "item", incident: 5, mark: "b", text: "Shut valve 7" }, PLACE);
    await outbox.add({ kind: "tick", incident: 5, item: "b", version: null, text: "", isDone: true }, PLACE);
    await outbox.discard(outbox.items[0] as Item);
    expect(outbox.items).toEqual([]);
  });

  it("sends nothing as another person, and shows them nothing", async () => {
    const world = new World();
    const outbox = world.outbox(openShelf());
    world.server.isUp = false;
    await outbox.deliver(comment(5, "mine"), PLACE);
    world.server.isUp = true;
    world.person = 2;
    await outbox.flush();
    await outbox.look();
    expect([world.server.done, outbox.items]).toEqual([[], []]);
    world.person = 1;
    await outbox.flush();
    expect(said(world.server.done)).toEqual(["mine"]);
  });

  it("goes on after a refusal, holds what hangs on it, and says the server's words", async () => {
    const world = new World();
    const outbox = world.outbox(openShelf());
    world.server.isUp = false;
    await outbox.add(incident("a", ""), PLACE);
    await outbox.add(comment("a", "hangs on it"), PLACE);
    await outbox.add(comment(9, "does not"), PLACE);
    world.server.isUp = true;
    world.server.refuses = (item) => (item.deed.kind === "incident" ? "title: too short" : null);
    await outbox.flush();
    expect(said(world.server.done)).toEqual(["does not"]);
    expect(outbox.items.map((each) => [each.state, each.why])).toEqual([["refused", "title: too short"], ["waiting", ""]]);
    const [refused] = outbox.items;
    if (refused) await outbox.discard(refused);
    expect(outbox.items).toEqual([]);
  });

  it("sends again what was refused when the person says so", async () => {
    const world = new World();
    const outbox = world.outbox(openShelf());
    world.server.refuses = () => "this incident is closed";
    expect(await outbox.deliver(comment(5, "again"), PLACE)).toEqual({ is: "refused", why: "this incident is closed" });
    world.server.refuses = () => null;
    const [refused] = outbox.items;
    if (refused) await outbox.retry(refused);
    expect(said(world.server.done)).toEqual(["again"]);
  });

  it("takes no more than it can hold", async () => {
    const outbox = new World().outbox(Promise.resolve(inMemory()));
    for (let number = 0; number < MOST_ITEMS; number += 1) await outbox.add(comment(5, `${number}`), PLACE);
    await expect(outbox.add(comment(5, "one more"), PLACE)).rejects.toBeInstanceOf(OutboxFull);
  });

  it("forgets one person's things when they sign out and say so, and nobody else's", async () => {
    const world = new World();
    const outbox = world.outbox(openShelf());
    world.server.isUp = false;
    await outbox.add(comment(5, "hers"), PLACE);
    world.person = 2;
    await outbox.add(comment(5, "his"), PLACE);
    await outbox.discardAllOf(2);
    expect(outbox.items).toEqual([]);
    world.person = 1;
    await outbox.look();
    expect(said(outbox.items)).toEqual(["hers"]);
  });
});
