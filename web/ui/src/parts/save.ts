import { raw } from "@/api/client";

/** Hand a file to the browser's download: no popup, so a kiosk can do it too. */
export function save(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Hand a table that was made here to the browser's download, as a file that spreadsheets take for UTF-8. */
export function saveCsv(name: string, text: string): void {
  save(name, new Blob([text], { type: "text/csv;charset=utf-8" }));
}

/** Fetch a file of the server, and hand it on. */
export async function download(path: string, name: string): Promise<void> {
  save(name, await (await raw(path)).blob());
}
