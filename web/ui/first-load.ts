import type { IndexHtmlTransformHook, Plugin } from "vite";

/** What every screen is written in, whatever the language; the other alphabets come when they are needed. */
const FIRST = /inter-latin-wght-normal-.*\.woff2$/;

/** Has the browser fetch the letters of the first screen together with its script, not after it. */
export function firstFonts(): Plugin {
  return {
    name: "first-fonts",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        const fonts = Object.keys(bundle ?? {}).filter((name) => FIRST.test(name));
        return fonts.map((name) => ({
          tag: "link",
          attrs: { rel: "preload", as: "font", type: "font/woff2", href: `/${name}`, crossorigin: true },
          injectTo: "head" as const,
        }));
      },
    },
  };
}

/** The part that draws the screens; `main.ts` asks for it, and the page says so beforehand. */
const DRAWS = /\/src\/app\/begin\.tsx$/;

/** Has the browser fetch what draws the screens together with the script that asks for it. */
export function firstParts(): Plugin {
  return {
    name: "first-parts",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const draws = Object.values(bundle).find((each) => each.type === "chunk" && each.moduleIds.some((id) => DRAWS.test(id)));
        const { scripts, styles } = neededBy(draws?.fileName, bundle);
        const isNew = (name: string): boolean => !html.includes(`/${name}"`);
        return [
          ...[...scripts].filter(isNew).map((name) => ({
            tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${name}` }, injectTo: "head" as const,
          })),
          ...[...styles].filter(isNew).map((name) => ({
            tag: "link", attrs: { rel: "stylesheet", crossorigin: true, href: `/${name}` }, injectTo: "head" as const,
          })),
        ];
      },
    },
  };
}

type Bundle = NonNullable<Parameters<IndexHtmlTransformHook>[1]["bundle"]>;

function neededBy(first: string | undefined, bundle: Bundle): { scripts: Set<string>; styles: Set<string> } {
  const scripts = new Set<string>();
  const styles = new Set<string>();
  const waiting = first ? [first] : [];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const part = bundle[name];
    if (part?.type !== "chunk" || scripts.has(name)) continue;
    scripts.add(name);
    for (const style of part.viteMetadata?.importedCss ?? []) styles.add(style);
    waiting.push(...part.imports);
  }
  return { scripts, styles };
}

/** One file for each language, instead of one for each screen and language: a start asks once. */
function languageOf(module: string): string | null {
  const language = /\/src\/strings\/([a-z]{2})\/[^/]+\.json/.exec(module)?.[1];
  return language ? `language-${language}` : null;
}

/** What several screens are made of, but for what only some need and is large: charts, maps. */
const SHARED = /\/node_modules\/(?:react-aria|react-stately|@react-|@internationalized|@tanstack)|\/src\/(?:parts\/(?!chart\/)|screens\/alarms\/|live\/|offline\/)/;

/**
 * Each with all that it needs in one file: what asks, and what draws. Else every module that two screens
 * share would be a file of its own, and a start would ask for forty.
 */
export const GROUPS = [
  { name: languageOf, debugName: "languages", priority: 30 },
  { name: "main", test: /\/src\/main\.ts$/, priority: 20 },
  { name: "begin", test: DRAWS, priority: 10 },
  { name: "parts", test: SHARED, minShareCount: 2, priority: 5 },
];
