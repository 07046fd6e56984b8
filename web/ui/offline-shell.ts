import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** Larger parts (the map) are kept by the service worker when somebody first goes there. */
const LARGEST = 600_000;
/** Alphabets that no catalogue is in; a name written in them still comes from the network. */
const FOREIGN = /inter-(cyrillic|greek|vietnamese)/;

/** Writes `sw.js`, which knows every file of this build. */
export function offlineShell(publicFiles: readonly string[]): Plugin {
  return {
    name: "offline-shell",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const built = Object.values(bundle)
        .map((each) => ({ name: each.fileName, content: each.type === "chunk" ? each.code : each.source }))
        .filter(({ name, content }) => name !== "index.html" && content.length < LARGEST && !FOREIGN.test(name) && !name.endsWith(".map"));
      const page = bundle["index.html"];
      const print = createHash("sha256");
      for (const { name, content } of built) print.update(name).update(content);
      if (page?.type === "asset") print.update(page.source);
      const files = ["/", ...publicFiles, ...built.map(({ name }) => `/${name}`)];
      const worker = readFileSync(new URL("src/offline/worker.js", import.meta.url), "utf8");
      const source = worker
        .replace("__VERSION__", print.digest("hex").slice(0, 16))
        .replace("__FILES__", JSON.stringify(files.sort()));
      this.emitFile({ type: "asset", fileName: "sw.js", source });
    },
  };
}
