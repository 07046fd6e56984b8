/** What our own pages are made of: no HTML, no pictures, nothing nested deeper than a list in a list. */
export type Block =
  | { kind: "heading"; level: number; text: string; id: string }
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "table"; head: string[]; rows: string[][] }
  | { kind: "list"; isOrdered: boolean; items: string[] };

export type Span =
  | { kind: "text" | "code" | "strong" | "em"; text: string }
  | { kind: "link"; text: string; to: string };

const FENCE = /^\s*```/;
const ITEM = /^\s*(?:[-*]|(\d+)\.) +(.*)$/;
const ROW = /^\|.*\|\s*$/;

/** Cut a page into blocks. What is not known is a paragraph: it is shown as it was written. */
export function blocks(page: string): Block[] {
  const lines = page.split("\n");
  const found: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    const heading = /^(#{1,6}) +(.*)$/.exec(line);
    if (!line.trim()) at += 1;
    else if (FENCE.test(line)) at = code(lines, at, found);
    else if (heading) {
      const text = heading[2] ?? "";
      found.push({ kind: "heading", level: heading[1]?.length ?? 1, text, id: anchor(text) });
      at += 1;
    } else if (ROW.test(line)) at = table(lines, at, found);
    else if (ITEM.test(line)) at = list(lines, at, found);
    else at = paragraph(lines, at, found);
  }
  return found;
}

function code(lines: string[], from: number, found: Block[]): number {
  let at = from + 1;
  while (at < lines.length && !FENCE.test(lines[at] ?? "")) at += 1;
  found.push({ kind: "code", text: lines.slice(from + 1, at).join("\n") });
  return at + 1;
}

function table(lines: string[], from: number, found: Block[]): number {
  let at = from;
  while (ROW.test(lines[at] ?? "")) at += 1;
  const [head = [], , ...rows] = lines.slice(from, at).map(cells);
  found.push({ kind: "table", head, rows });
  return at;
}

function cells(row: string): string[] {
  return row
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function list(lines: string[], from: number, found: Block[]): number {
  const items: string[] = [];
  const isOrdered = /^\s*\d/u.test(lines[from] ?? "");
  let at = from;
  for (; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const item = ITEM.exec(line);
    if (item) items.push(item[2] ?? "");
    else if (/^\s+\S/u.test(line) && !FENCE.test(line)) items.push(`${items.pop() ?? ""} ${line.trim()}`);
    else break;
  }
  found.push({ kind: "list", isOrdered, items });
  return at;
}

function paragraph(lines: string[], from: number, found: Block[]): number {
  let at = from;
  const isMore = (line: string): boolean => line.trim() !== "" && !FENCE.test(line) && !ROW.test(line) && !ITEM.test(line) && !line.startsWith("#");
  while (at === from || isMore(lines[at] ?? "")) at += 1;
  found.push({ kind: "text", text: lines.slice(from, at).map((each) => each.trim()).join(" ") });
  return at;
}

const SPANS = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/gu;

/** Cut a line into what is said in which way. */
export function spans(line: string): Span[] {
  const found: Span[] = [];
  let done = 0;
  for (const match of line.matchAll(SPANS)) {
    const [all, mono, strong, em, label, to] = match;
    if (match.index > done) found.push({ kind: "text", text: line.slice(done, match.index) });
    if (mono !== undefined) found.push({ kind: "code", text: mono });
    else if (strong !== undefined) found.push({ kind: "strong", text: strong });
    else if (em !== undefined) found.push({ kind: "em", text: em });
    else found.push({ kind: "link", text: label ?? "", to: to ?? "" });
    done = match.index + all.length;
  }
  if (done < line.length) found.push({ kind: "text", text: line.slice(done) });
  return found;
}

export function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/gu, "");
}

/** Where a link leads to within the help, as a page's id; null for what is not among its pages. */
export function target(link: string, from: string, pages: readonly string[]): string | null {
  const [path = "", part] = link.split("#");
  if (/^[a-z]+:/iu.test(path)) return null;
  const steps = path === "" ? from.split("/") : [...from.split("/").slice(0, -1), ...path.replace(/\.md$/u, "").split("/")];
  const way: string[] = [];
  for (const step of steps) {
    if (step === "..") way.pop();
    else if (step !== ".") way.push(step);
  }
  const page = way.join("/");
  return pages.includes(page) ? `${page}${part ? `#${part}` : ""}` : null;
}

/** The pages in which every word stands, those with one in the title first. */
export function search(words: string, pages: readonly { id: string; title: string }[], texts: Readonly<Record<string, string>>): string[] {
  const wanted = words.toLowerCase().split(/\s+/u).filter(Boolean);
  const scored = pages.map(({ id, title }) => {
    const text = `${title}\n${texts[id] ?? ""}`.toLowerCase();
    const inTitle = wanted.filter((word) => title.toLowerCase().includes(word)).length;
    return { id, isIn: wanted.every((word) => text.includes(word)), inTitle };
  });
  return scored.filter(({ isIn }) => isIn).sort((a, b) => b.inTitle - a.inTitle).map(({ id }) => id);
}
