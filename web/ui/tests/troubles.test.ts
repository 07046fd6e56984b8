import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import troubles from "@/strings/en/troubles.json";

it("says every trouble that a check of the server can find", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../appliance/docs/reference/checks.md"), "utf8");
  const codes = [...page.matchAll(/^- `([a-z_]+)`/gmu)].map((each) => each[1]);
  expect(codes.length).toBeGreaterThan(10);
  const behind = ["history_behind", "detection_behind"]; // written as …_behind there
  expect(Object.keys(troubles).sort()).toEqual([...new Set([...codes, ...behind])].sort());
});
