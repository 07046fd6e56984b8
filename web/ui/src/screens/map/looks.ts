import type { DataDrivenPropertyValueSpecification, ExpressionSpecification } from "maplibre-gl";
import { mixed, type Palette } from "./palette";

/** How pipes are coloured; `size` is by nothing but their width. */
export const MODES = ["size", "material", "age", "status"] as const;
export type Mode = (typeof MODES)[number];

/** A class of pipes as the legend shows it and the map draws it: never by its colour alone. */
export interface Look {
  key: string;
  colour: string;
  /** In widths of the line; empty is solid. */
  dash: number[];
  /** Whether a pipe is of it, as the map's style asks; null is all that is left. */
  test: ExpressionSpecification | null;
}

const MATERIALS = {
  iron: ["ci", "cast iron", "gci", "gg", "di", "dci", "ductile iron", "dip", "ggg", "iron", "fonte", "fonte ductile", "fd", "hierro", "hierro fundido", "hierro dúctil", "fundición", "fundición dúctil", "hd", "ferro", "ferro fundido", "fofo", "defofo", "gusseisen"],
  steel: ["steel", "st", "stl", "gs", "galvanised steel", "galvanized steel", "stainless steel", "ss", "acier", "acero", "aço", "stahl"],
  pvc: ["pvc", "upvc", "u-pvc", "pvc-u", "pvcu", "mpvc", "pvc-m", "opvc", "pvc-o", "cpvc", "plastic"],
  pe: ["pe", "hdpe", "pehd", "pead", "mdpe", "ldpe", "pe80", "pe100", "pe 80", "pe 100", "pe-rc", "polyethylene", "polietileno", "polyéthylène"],
  cement: ["ac", "asbestos cement", "az", "fibre cement", "fiber cement", "fibrocemento", "amiante-ciment", "amiante ciment", "cimento amianto", "fc", "concrete", "rc", "rcc", "cc", "pcc", "pccp", "béton", "hormigón", "betão", "beton"],
} as const;

const AGES = [["before1950", 1950], ["before1970", 1970], ["before1990", 1990], ["before2010", 2010]] as const;

/** The classes of a mode, in the order in which they are tried and shown. */
export function looksOf(mode: Mode, colours: Palette): Look[] {
  const other: Look = { key: "unknown", colour: colours.edgeStrong, dash: [3, 1.2], test: null };
  if (mode === "material") return [...materials(colours), other];
  if (mode === "age") return [...ages(colours), other];
  if (mode === "status") return statuses(colours);
  return [{ key: "all", colour: colours.pipe, dash: [], test: null }];
}

function materials(colours: Palette): Look[] {
  const material: ExpressionSpecification = ["downcase", ["to-string", ["coalesce", ["get", "material"], ""]]];
  const ramp: [keyof typeof MATERIALS, string, number[]][] = [
    ["iron", colours.trace5, []],
    ["steel", colours.trace1, [6, 0.8]],
    ["pvc", colours.trace3, []],
    ["pe", colours.trace4, [4, 0.8, 1, 0.8]],
    ["cement", colours.trace2, [2, 0.6]],
  ];
  const found = ramp.map(([key, colour, dash]): Look => ({
    key, colour, dash, test: ["in", material, ["literal", [...MATERIALS[key]]]],
  }));
  return [...found, { key: "otherMaterial", colour: colours.trace6, dash: [], test: ["!=", material, ""] }];
}

/** One hue from young and faint to old and strong, so that the order is seen without any colour. */
function ages(colours: Palette): Look[] {
  const year: ExpressionSpecification = ["to-number", ["get", "installed"], 0];
  const shade = (share: number): string => mixed(colours.ground, colours.ink, share);
  const old = AGES.map(([key, before], index): Look => ({
    key, colour: shade(1 - index * 0.15), dash: [],
    test: ["all", ["has", "installed"], ["<", year, before]],
  }));
  return [...old, { key: "since2010", colour: shade(0.4), dash: [], test: ["has", "installed"] }];
}

function statuses(colours: Palette): Look[] {
  const status: ExpressionSpecification = ["downcase", ["to-string", ["coalesce", ["get", "status"], "open"]]];
  return [
    { key: "open", colour: colours.pipe, dash: [], test: ["in", status, ["literal", ["open", "active", "in service", "cv"]]] },
    { key: "closed", colour: colours.ink, dash: [1.5, 1], test: ["==", status, "closed"] },
    { key: "otherStatus", colour: colours.trace2, dash: [4, 1, 1, 1], test: null },
  ];
}

/** The colour of a pipe as a style asks for it. */
export function colourOf(looks: readonly Look[]): DataDrivenPropertyValueSpecification<string> {
  return cases(looks, (look) => look.colour) as DataDrivenPropertyValueSpecification<string>;
}

/** The dashes of a pipe as a style asks for them; `[1, 0]` is a solid line. */
export function dashOf(looks: readonly Look[]): DataDrivenPropertyValueSpecification<number[]> {
  const dash = (look: Look): unknown => ["literal", look.dash.length > 0 ? look.dash : [1, 0]];
  return cases(looks, dash) as DataDrivenPropertyValueSpecification<number[]>;
}

function cases(looks: readonly Look[], give: (look: Look) => unknown): unknown {
  const tested = looks.filter((look) => look.test !== null);
  const last = looks.find((look) => look.test === null) ?? looks.at(-1);
  const rest = last ? give(last) : "#888";
  if (tested.length === 0) return rest;
  return ["case", ...tested.flatMap((look) => [look.test, give(look)]), rest];
}
