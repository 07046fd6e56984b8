import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const DOCS = new URL("../../appliance/docs/", import.meta.url);
const FOLDERS = ["how-to", "reference"] as const;
const INDEX = "virtual:help-index";
const TEXTS = "virtual:help-texts";

interface Page {
  id: string;
  title: string;
  text: string;
}

function pages(): Page[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, DOCS))
      .filter((name) => name.endsWith(".md"))
      .sort()
      .map((name) => {
        const text = readFileSync(new URL(`${folder}/${name}`, DOCS), "utf8").replaceAll(/<!--.*?-->\n*/gs, "");
        return { id: `${folder}/${name.slice(0, -3)}`, title: /^# (.+)$/m.exec(text)?.[1]?.replaceAll("`", "") ?? name, text };
      }),
  );
}

/** Puts the pages of appliance/docs into the application: titles for the palette, and the texts apart. */
export function helpPages(): Plugin {
  return {
    name: "help-pages",
    resolveId: (id) => (id === INDEX || id === TEXTS ? `\0${id}` : undefined),
    load(id) {
      if (id !== `\0${INDEX}` && id !== `\0${TEXTS}`) return undefined;
      for (const folder of FOLDERS) this.addWatchFile(fileURLToPath(new URL(`${folder}/`, DOCS)));
      const found = pages();
      return id === `\0${INDEX}`
        ? `export const PAGES = ${JSON.stringify(found.map(({ id: page, title }) => ({ id: page, title })))};`
        : `export const TEXTS = ${JSON.stringify(Object.fromEntries(found.map(({ id: page, text }) => [page, text])))};`;
    },
  };
}
