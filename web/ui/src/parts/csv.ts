/** One field of a CSV file (RFC 4180); a text that a spreadsheet would take for a formula is disarmed. */
function field(value: string | number): string {
  const text = String(value);
  const safe = typeof value === "string" && /^'*[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A CSV file of these rows, the first of which names the columns. */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}
