import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, TYPE, type MessageFormatElement } from "@formatjs/icu-messageformat-parser";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "@/strings/languages";

const HERE = join(import.meta.dirname, "../src/strings");

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, before = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") found.set(`${before}${key}`, value);
    else for (const [inner, text] of flat(value, `${before}${key}.`)) found.set(inner, text);
  }
  return found;
}

function catalogue(language: string, file: string): Map<string, string> {
  return flat(JSON.parse(readFileSync(join(HERE, language, file), "utf8")) as Tree);
}

/** The names in braces: a text that lacks one says less than the English. */
function names(text: string): string[] {
  const found = new Set<string>();
  const walk = (parts: MessageFormatElement[]): void => {
    for (const part of parts) {
      if (part.type !== TYPE.literal && part.type !== TYPE.pound) found.add(part.value);
      if (part.type === TYPE.plural || part.type === TYPE.select) {
        for (const option of Object.values(part.options)) walk(option.value);
      }
      if (part.type === TYPE.tag) walk(part.children);
    }
  };
  walk(parse(text));
  return [...found].sort();
}

describe.each(Object.keys(LANGUAGES).filter((each) => each !== "en"))("the catalogue in %s", (language) => {
  it.each(readdirSync(join(HERE, "en")))("has every string of %s with the same names in it", (file) => {
    const english = catalogue("en", file);
    const theirs = catalogue(language, file);
    expect([...theirs.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of english) expect([key, names(theirs.get(key) ?? "")]).toEqual([key, names(text)]);
  });
});
