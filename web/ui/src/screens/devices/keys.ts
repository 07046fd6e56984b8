import { csv } from "@/parts/csv";

/** A device with the key that it was just given; shown once, kept nowhere. */
export interface IssuedKey {
  deviceId: string;
  name: string;
  key: string;
}

/** Cut CSV (RFC 4180) into cells; semicolons separate where the heading has them. */
export function rowsOf(text: string): string[][] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const separator = lines[0]?.includes(";") ? ";" : ",";
  return lines.map((line) => cellsOf(line, separator));
}

function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (const letter of line) {
    if (letter === '"') isQuoted = !isQuoted;
    else if (letter === separator && !isQuoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += letter;
  }
  return [...cells, cell.trim()];
}

/**
 * Give the ids of devices in a text: of the column `device_id` where it is a CSV file with that
 * heading, else everything between line breaks, commas and semicolons. Each comes once.
 */
export function idsOf(text: string): string[] {
  const rows = rowsOf(text);
  const column = rows[0]?.indexOf("device_id") ?? -1;
  const cells = column < 0 ? rows.flat().flatMap((cell) => cell.split(/[,;\t]/)) : rows.slice(1).map((row) => row[column] ?? "");
  return [...new Set(cells.map((cell) => cell.trim()).filter((id) => id !== ""))];
}

/** The keys as a file for those who program the devices. */
export function csvOf(keys: readonly IssuedKey[]): string {
  return csv([["device_id", "name", "api_key"], ...keys.map((each) => [each.deviceId, each.name, each.key])]);
}

export interface Doors {
  url: string;
  mqttPort: string;
  tcpPort: string;
}

/** The port of an address such as `0.0.0.0:1883` or `[::]:1883`; empty where there is none. */
export function portOf(address: string | undefined): string {
  return /:(\d+)$/.exec(address ?? "")?.[1] ?? "";
}

/** What the QR code of a label says: JSON with where to report, as whom, and with which key. */
export function labelText(device: IssuedKey, doors: Doors): string {
  return JSON.stringify({
    url: doors.url,
    ...(doors.mqttPort && { mqtt_port: Number(doors.mqttPort) }),
    ...(doors.tcpPort && { tcp_port: Number(doors.tcpPort) }),
    device_id: device.deviceId,
    api_key: device.key,
  });
}
