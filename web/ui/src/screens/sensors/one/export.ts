import { api, whole } from "@/api/client";
import type { Line } from "@/parts/chart/line";
import { placeOf } from "@/parts/chart/line";
import type { Span } from "@/parts/chart/span";
import { csv } from "@/parts/csv";
import { save } from "@/parts/save";
import type { Detail } from "./SensorScreen";

const PAGE = 50_000;
/** So many readings make a file that spreadsheets still open; for more there is the export of the data page. */
const MOST = 1_000_000;

/** What is seen, a line for each bucket: lowest, mean and highest value and how many readings it stands for. */
export function csvOf(lines: readonly Line[], span: Span): string {
  const rows: (string | number)[][] = [["sensor", "timestamp", "lowest", "mean", "highest", "readings", "unit"]];
  for (const line of lines) {
    const end = placeOf(line.times, span.to);
    for (let at = placeOf(line.times, span.from); at < end; at++) {
      const time = new Date(line.times[at] ?? 0).toISOString();
      const values = [line.low[at], line.mean[at], line.high[at], line.count[at]].map((value) => Number((value ?? 0).toPrecision(9)));
      rows.push([line.name, time, ...values, line.unit]);
    }
  }
  return csv(rows);
}

/** Every reading of a sensor in a span, as `weir export readings` writes it; at most MOST, oldest first. */
export async function readingsCsv(detail: Detail, span: Span): Promise<{ text: string; complete: boolean }> {
  const rows: (string | number)[][] = [["device_id", "timestamp", "value", "unit", "quality"]];
  let cursor: string | null = null;
  do {
    const query: Record<string, string | number> = {
      from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString(), limit: PAGE, sort: "timestamp", ...(cursor && { cursor }),
    };
    const page: { data: { timestamp: string; value: number; unit: string; quality_score: number | null }[]; headers: Headers } = await whole(
      api.GET("/api/v1/sensors/{sensor}/readings", { params: { path: { sensor: detail.id }, query } }),
    );
    for (const each of page.data) rows.push([detail.device_id, each.timestamp, each.value, each.unit, each.quality_score ?? ""]);
    cursor = page.headers.get("X-Next-Cursor");
  } while (cursor && rows.length <= MOST);
  return { text: csv(rows), complete: cursor === null };
}

export function fileName(device: string, span: Span, ending: string): string {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, "");
  return `${device.replaceAll(/[^\w.-]+/g, "_")}_${day(span.from)}_${day(span.to)}.${ending}`;
}

export function savePicture(picture: HTMLCanvasElement | null, name: string): void {
  picture?.toBlob((file) => {
    if (file) save(name, file);
  });
}
