import { describe, expect, it } from "vitest";
import { digits, fromSI, fromUnits, inUnits, quantities, symbolsOf } from "@/format/measure";
import table from "@/format/units.gen.json";

describe("every unit of the server", () => {
  it.each(table)("$symbol ($quantity) goes into every other of its quantity and back", ({ symbol, quantity, factor, offset }) => {
    for (const other of table.filter((each) => each.quantity === quantity)) {
      const wanted = { [quantity]: other.symbol };
      const first = table.find((each) => each.symbol === symbol);
      if (first?.quantity !== quantity) continue; // a symbol of two quantities means the first
      const shown = inUnits(12.5, symbol, wanted);
      const si = 12.5 * factor + offset;
      expect(shown.value).toBeCloseTo((si - other.offset) / other.factor, 9 - Math.ceil(Math.log10(Math.abs(shown.value) + 1)));
      expect(fromUnits(shown.value, symbol, wanted)).toBeCloseTo(12.5, 6);
    }
  });
});

it.each([
  [1, "bar", "pressure", "kPa", 100],
  [10, "mH2O", "pressure", "bar", 0.980665],
  [36, "m³/h", "flow", "l/s", 10],
  [1, "l/s", "flow", "gpm", 15.850323],
  [20, "°C", "temperature", "°F", 68],
])("%d %s is, as %s in %s, %d", (value, unit, quantity, wanted, is) => {
  const shown = inUnits(value, unit, { [quantity]: wanted });
  expect(shown.unit).toBe(wanted);
  expect(shown.value).toBeCloseTo(is, 5);
});

it("leaves a value alone whose unit it does not know, or for which nothing is wanted", () => {
  expect(inUnits(3, "furlong", { pressure: "bar" })).toEqual({ value: 3, unit: "furlong" });
  expect(inUnits(3, "bar", {})).toEqual({ value: 3, unit: "bar" });
  expect(inUnits(3, "bar", { pressure: "furlong" })).toEqual({ value: 3, unit: "bar" });
});

it("gives what is in SI as a sensor says it", () => {
  expect(fromSI(250_000, "bar")).toBeCloseTo(2.5);
  expect(fromSI(7, "furlong")).toBe(7);
});

it("lists the symbols of each quantity", () => {
  expect(symbolsOf("pressure")).toContain("mH2O");
  for (const quantity of quantities) expect(symbolsOf(quantity).length).toBeGreaterThan(0);
});

it.each([
  [0.1234, 3],
  [4.5, 2],
  [123.4, 1],
  [12_345, 0],
  [-123.4, 1],
])("says %d with at most %d decimals", (value, decimals) => {
  expect(digits(value).maximumFractionDigits).toBe(decimals);
});
