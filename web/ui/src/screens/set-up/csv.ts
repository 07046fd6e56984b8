import { csv } from "@/parts/csv";

export type Place = readonly [longitude: number, latitude: number];

/** The cells of one line (RFC 4180); a line break inside quotes is not known here. */
export function cells(line: string, separator: string): string[] {
  const found: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (const letter of line) {
    if (letter === '"') isQuoted = !isQuoted;
    else if (letter === separator && !isQuoted) {
      found.push(cell.trim());
      cell = "";
    } else cell += letter;
  }
  return [...found, cell.trim()];
}

/** Where the sensors of a file lie, to be drawn before it is taken; what is no place is left out. */
export function placesIn(text: string): Place[] {
  const [head = "", ...lines] = text.replace(/^\uFEFF/u, "").split(/\r?\n/u);
  const separator = [";", "\t"].find((each) => head.includes(each)) ?? ",";
  const names = cells(head, separator).map((name) => name.toLowerCase());
  const [east, north] = [names.indexOf("longitude"), names.indexOf("latitude")];
  if (east < 0 || north < 0) return [];
  return lines.flatMap((line) => {
    const row = cells(line, separator);
    return placeOf(row[north] ?? "", row[east] ?? "") ?? [];
  }) as unknown as Place[];
}

/** A place from what somebody typed; null where it is none on Earth. */
export function placeOf(latitude: string, longitude: string): [Place] | null {
  const read = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text.trim().replace(",", ".")));
  const [north, east] = [read(latitude), read(longitude)];
  return Math.abs(north) <= 90 && Math.abs(east) <= 180 ? [[east, north]] : null;
}

/** The keys as a file for those who program the devices. */
export function keysFile(rows: readonly { device_id: string; sensor_id: number; api_key: string }[]): string {
  return csv([["device_id", "sensor_id", "api_key"], ...rows.map((row) => [row.device_id, row.sensor_id, row.api_key])]);
}

/** The first line of a file of sensors, and one that shows how it is meant. */
export const TEMPLATE =
  "device_id,name,sensor_type,unit,latitude,longitude\r\nPS-001,Mill Lane,pressure,bar,52.5163,13.3777\r\n";
