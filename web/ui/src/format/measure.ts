import table from "./units.gen.json";

interface Unit {
  symbol: string;
  quantity: string;
  factor: number;
  offset: number;
}

const units = table as Unit[];
const bySymbol = new Map(units.map((unit) => [unit.symbol, unit] as const).toReversed());

/** The units in which a person wants to read a quantity, by quantity: `{pressure: "mH2O"}`. */
export type Units = Readonly<Record<string, string>>;

export interface Measure {
  value: number;
  unit: string;
}

/**
 * A value in the unit that the person wants for its quantity; as it came where nothing is wanted
 * or the unit is unknown here. The table is the server's own (units.gen.json).
 */
export function inUnits(value: number, unit: string, wanted: Units): Measure {
  const from = bySymbol.get(unit);
  const symbol = from && wanted[from.quantity];
  const to = symbol ? units.find((each) => each.quantity === from.quantity && each.symbol === symbol) : undefined;
  if (!from || !to || to === from) return { value, unit };
  return { value: (value * from.factor + from.offset - to.offset) / to.factor, unit: to.symbol };
}

/** A value that a person typed in their unit, in the unit that the server has for it. */
export function fromUnits(value: number, unit: string, wanted: Units): number {
  const to = bySymbol.get(unit);
  const symbol = to && wanted[to.quantity];
  const from = symbol ? units.find((each) => each.quantity === to.quantity && each.symbol === symbol) : undefined;
  if (!from || !to || to === from) return value;
  return (value * from.factor + from.offset - to.offset) / to.factor;
}

/** The symbols that a quantity can be read in. */
export function symbolsOf(quantity: string): string[] {
  return units.filter((unit) => unit.quantity === quantity).map((unit) => unit.symbol);
}

/** Every quantity there is, as the server lists them. */
export const quantities: string[] = [...new Set(units.map((unit) => unit.quantity))];

/** Digits that say something: about four significant ones, never more than three decimals. */
export function digits(value: number): { minimumFractionDigits: number; maximumFractionDigits: number } {
  const size = Math.abs(value);
  const decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  return { minimumFractionDigits: Math.min(decimals, 2), maximumFractionDigits: decimals };
}

/** A value in SI, as evidence has it, in the unit that a sensor speaks. */
export function fromSI(value: number, unit: string): number {
  const to = bySymbol.get(unit);
  return to ? (value - to.offset) / to.factor : value;
}
