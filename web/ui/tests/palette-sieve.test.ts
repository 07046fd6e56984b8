import { describe, expect, it } from "vitest";
import { sieve, type Entry } from "@/app/palette-sieve";

const named = (...names: string[]): Entry[] => names.map((name) => ({ id: name, name, icon: "sensor", go: "/" }));
const names = (entries: Entry[]): string[] => entries.map((each) => each.name);

describe("the palette", () => {
  it("shows the first of everything before anything is typed", () => {
    expect(names(sieve(named("a", "b", "c"), " ", 2))).toEqual(["a", "b"]);
  });

  it("finds what lies behind the first hundreds, whatever the order of the words", () => {
    const many = named(...Array.from({ length: 10_000 }, (_, index) => `Sensor ${index} · PS-${index}`));
    expect(names(sieve(many, "ps-9999 sensor", 100))).toEqual(["Sensor 9999 · PS-9999"]);
  });

  it("puts first what begins with the words, and minds neither case nor accents", () => {
    expect(names(sieve(named("Go to Mill", "Inês", "mill lane"), "MILL", 9))).toEqual(["mill lane", "Go to Mill"]);
    expect(names(sieve(named("Inês"), "ines", 9))).toEqual(["Inês"]);
  });

  it("finds nothing where one word is missing", () => {
    expect(sieve(named("Mill Lane"), "mill street", 9)).toEqual([]);
  });
});
