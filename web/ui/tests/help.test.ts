import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blocks, search, spans, target } from "@/screens/help/markdown";

const DOCS = join(import.meta.dirname, "../../../appliance/docs");

describe("a page of the help", () => {
  it("is cut into what it is made of", () => {
    const found = blocks("# T\n\nOne\ntwo `a|b`.\n\n```sh\n# no heading\n```\n\n| a | b |\n|---|---|\n| `x\\|y` | 2 |\n\n- one\n  more\n- two\n");
    expect(found).toEqual([
      { kind: "heading", level: 1, text: "T", id: "t" },
      { kind: "text", text: "One two `a|b`." },
      { kind: "code", text: "# no heading" },
      { kind: "table", head: ["a", "b"], rows: [["`x|y`", "2"]] },
      { kind: "list", isOrdered: false, items: ["one more", "two"] },
    ]);
  });

  it("never becomes HTML: what is not known stays text", () => {
    expect(spans("<img src=x onerror=alert(1)> **b** `c`")).toEqual([
      { kind: "text", text: "<img src=x onerror=alert(1)> " },
      { kind: "strong", text: "b" },
      { kind: "text", text: " " },
      { kind: "code", text: "c" },
    ]);
  });

  it("links to other pages and nowhere else", () => {
    const pages = ["how-to/tls", "reference/options"];
    expect(target("../reference/options.md#x", "how-to/tls", pages)).toBe("reference/options#x");
    expect(target("tls.md", "how-to/tls", pages)).toBe("how-to/tls");
    expect(target("javascript:alert(1)", "how-to/tls", pages)).toBeNull();
    expect(target("../decisions/0001-x.md", "how-to/tls", pages)).toBeNull();
  });

  it("is found by all of its words, titles first", () => {
    const pages = [{ id: "a", title: "Rules" }, { id: "b", title: "Backups" }];
    const texts = { a: "about backups and rules", b: "rules for a disk" };
    expect(search("rules", pages, texts)).toEqual(["a", "b"]);
    expect(search("backups rules", pages, texts)).toEqual(["a", "b"]);
    expect(search("disk", pages, texts)).toEqual(["b"]);
  });

  it.each(["how-to", "reference"].flatMap((folder) => readdirSync(join(DOCS, folder)).map((name) => `${folder}/${name}`)))(
    "of %s loses no line of code",
    (name) => {
      const text = readFileSync(join(DOCS, name), "utf8");
      const written = [...text.matchAll(/^```\w*\n(.*?)^```/gmsu)].map((each) => each[1]?.trimEnd());
      const shown = blocks(text).flatMap((block) => (block.kind === "code" ? [block.text.trimEnd()] : []));
      expect(shown).toEqual(written);
    },
  );
});
