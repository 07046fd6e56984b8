import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const PARTS = "virtual:parts-of-the-screens";

interface Lock {
  packages: Record<string, { version?: string; license?: string; dev?: boolean }>;
}

/** Names the packages that the screens are made from, with the terms that each came under. */
export function partsOfTheScreens(): Plugin {
  return {
    name: "parts-of-the-screens",
    resolveId: (id) => (id === PARTS ? `\0${PARTS}` : undefined),
    load(id) {
      if (id !== `\0${PARTS}`) return undefined;
      const lock = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url), "utf8")) as Lock;
      const parts = Object.entries(lock.packages)
        .filter(([path, one]) => path.startsWith("node_modules/") && !one.dev)
        .map(([path, one]) => ({ name: path.slice(path.lastIndexOf("node_modules/") + 13), version: one.version ?? "", licence: said(path, one.license) }));
      return `export const PARTS = ${JSON.stringify(parts)};`;
    },
  };
}

function said(path: string, inLock: string | undefined): string {
  if (inLock) return inLock;
  try {
    const own = JSON.parse(readFileSync(new URL(`${path}/package.json`, import.meta.url), "utf8")) as { license?: string };
    return own.license ?? "";
  } catch {
    return "";
  }
}
