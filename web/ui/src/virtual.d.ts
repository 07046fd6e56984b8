declare module "virtual:help-index" {
  /** Every page of the help, the how-tos first. */
  export const PAGES: readonly { id: string; title: string }[];
}

declare module "virtual:help-texts" {
  /** Their Markdown, by id. */
  export const TEXTS: Readonly<Record<string, string>>;
}

declare module "virtual:parts-of-the-screens" {
  /** The packages that the screens are made from. */
  export const PARTS: readonly { name: string; version: string; licence: string }[];
}
