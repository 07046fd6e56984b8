import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, raw, whole } from "@/api/client";
import { Button } from "@/parts/Button";
import { csv } from "@/parts/csv";
import { saveCsv } from "@/parts/save";
import { useTellFailed } from "@/parts/toasts";
import { askOf, isAll, useWhere, type Filters, type Line } from "./filters";

const PAGE = 1000;
/** So many lines make a file that spreadsheets still open; whoever wants more takes the whole log. */
const MOST = 200_000;

/** The lines that are found as one CSV file; without filters the whole log, oldest first, by the server itself. */
export function Export({ filters }: { filters: Filters }): ReactNode {
  const t = useTranslations("audit");
  const where = useWhere(filters.where);
  const failed = useTellFailed();
  const take = useMutation({
    mutationFn: async () => {
      const place = where.municipality_id === undefined ? "" : `&municipality_id=${where.municipality_id}`;
      const text = isAll(filters) ? await allOf(`/api/v1/audit/export?form=csv${place}`) : linesCsv(await found(filters, where));
      saveCsv("audit.csv", text);
    },
    onError: failed,
  });
  return (
    <Button icon="download" isDisabled={take.isPending} onPress={() => take.mutate()}>
      {t("csv")}
    </Button>
  );
}

async function allOf(first: string): Promise<string> {
  const parts: string[] = [];
  let next: string | null = first;
  while (next !== null) {
    const answer: Response = await raw(next);
    const text = await answer.text();
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf("\n") + 1));
    next = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1] ?? null;
  }
  return parts.join("");
}

async function found(filters: Filters, where: { municipality_id?: number }): Promise<Line[]> {
  const lines: Line[] = [];
  let cursor: number | null = null;
  do {
    const query = { ...where, ...askOf(filters), limit: PAGE, ...(cursor !== null && { cursor }) };
    const page: { data: Line[]; headers: Headers } = await whole(api.GET("/api/v1/audit", { params: { query } }));
    lines.push(...page.data);
    const next: string | null = page.headers.get("X-Next-Cursor");
    cursor = next === null ? null : Number(next);
  } while (cursor !== null && lines.length < MOST);
  return lines;
}

const COLUMNS = [
  "number", "at", "who_kind", "who_id", "who", "address", "action", "object_kind", "object_id", "object", "outcome",
  "municipality_id", "details", "previous", "hash", "signature",
];

/** Lines as a CSV file, with what proves each of them. */
export function linesCsv(lines: readonly Line[]): string {
  return csv([COLUMNS, ...lines.map((line) => [
    line.number, line.at, line.who.kind, line.who.id ?? "", line.who.name, line.who.address, line.action, line.object.kind, line.object.id,
    line.object.name, line.outcome, line.municipality_id ?? "", JSON.stringify(line.details), line.previous, line.hash, line.signature,
  ])]);
}
