/** A key for one request that may be sent again; not `randomUUID`, which plain HTTP on a LAN lacks. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
