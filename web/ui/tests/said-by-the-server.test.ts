import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import alarms from "@/strings/en/alarms.json";
import devices from "@/strings/en/devices.json";
import problems from "@/strings/en/problems.json";
import sensors from "@/strings/en/sensors.json";

const ROOT = join(import.meta.dirname, "../../..");
const OPENAPI = JSON.parse(readFileSync(join(ROOT, "web/reference/openapi.json"), "utf8")) as {
  components: { schemas: Record<string, { enum?: string[] }> };
};

/** What the server may say, by the document of its API: nothing is written down twice. */
function kinds(schema: string): string[] {
  const found = OPENAPI.components.schemas[schema]?.enum ?? [];
  expect(found.length).toBeGreaterThan(2);
  return found.toSorted();
}

interface Sentence {
  code: string;
  facts: string[];
}

/** Every sentence that the services can refuse something with: `saying("code", "…", fact=…)`. */
function sayings(): Sentence[] {
  const files = globSync(["appliance/**/*.py", "web/*.py", "web/api/*.py"], { cwd: ROOT });
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    return [...text.matchAll(/\bsaying\(\s*"([a-z_]+)",\s*"([^"]*)"/gu)].map(([, code = "", template = ""]) => ({
      code, facts: [...template.matchAll(/\{([a-z_]+)/gu)].map((each) => each[1] ?? ""),
    }));
  });
}

/** The codes that stand at the beginning of lines of a Python file, between two marks. */
function codes(file: string, from: string, to: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const part = text.slice(text.indexOf(from), text.indexOf(to, text.indexOf(from)));
  return [...part.matchAll(/^ {4}"([a-z_]+)":/gmu)].map((each) => each[1] ?? "").toSorted();
}

describe("there are words for whatever the server says by a code, and for nothing else", () => {
  it("why a message was not taken, and what helps", () => {
    expect(Object.keys(devices.reasons).toSorted()).toEqual(kinds("Reason"));
    expect(Object.keys(sensors.reasons).toSorted()).toEqual(kinds("Reason"));
    expect(Object.keys(devices.remedies).toSorted()).toEqual(kinds("Reason"));
  });

  it("the rules that a municipality begins with", () => {
    expect(Object.keys(alarms.builtIn).toSorted()).toEqual(codes("appliance/domain/titles.py", "BUILT_IN: Final[", "\n}"));
  });

  it("why something was refused, with no facts that the server does not give", () => {
    const found = sayings();
    expect([...new Set(found.map(({ code }) => code))].toSorted()).toEqual(Object.keys(problems.reasons).toSorted());
    for (const { code, facts } of found) {
      const words = problems.reasons[code as keyof typeof problems.reasons];
      const named = [...words.matchAll(/\{([a-z_]+)[,}]/gu)].map((each) => each[1] ?? "");
      expect([code, named.filter((each) => !facts.includes(each))]).toEqual([code, []]);
    }
  });

  it("what kind of error it is", () => {
    const tree = readFileSync(join(ROOT, "appliance/domain/errors.py"), "utf8");
    const all = [...tree.matchAll(/^class (\w+)\(/gmu)].map((each) => (each[1] ?? "").replaceAll(/(?<=[a-z])(?=[A-Z])/gu, "_").toLowerCase());
    const never = ["weir_error", "refused", "failed", "start_refused"]; // never answers of the API
    expect(Object.keys(problems.kinds).toSorted()).toEqual([...all.filter((each) => !never.includes(each)), "internal_server_error"].toSorted());
  });

  it("what happened to an alarm", () => {
    expect(Object.keys(alarms.changes).toSorted()).toEqual(kinds("ChangeKind").filter((each) => each !== "moved"));
  });
});
