/** `host:port`, taken apart; an IPv6 host keeps no brackets. */
export function doorOf(address: string): { host: string; port: string } {
  const at = address.lastIndexOf(":");
  return { host: address.slice(0, at).replace(/^\[|\]$/gu, ""), port: address.slice(at + 1) };
}

/** Whether only this very computer can connect there. */
export function isOnlyHere(host: string): boolean {
  return host === "::1" || host === "localhost" || host.startsWith("127.");
}

/** One word of a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w.:/@-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

interface Device {
  name: string;
  key: string;
  unit: string;
}

const message = ({ unit }: Device): string => JSON.stringify({ value: 3.2, unit });

export function mosquitto(host: string, port: string, device: Device): string {
  const topic = quoted(`sensors/${device.name}/data`);
  return `mosquitto_pub -h ${quoted(host)} -p ${port} -u ${quoted(device.name)} -P ${quoted(device.key)} -q 1 -t ${topic} -m ${quoted(message(device))}`;
}

export function curl(origin: string, device: Device): string {
  const address = `${origin}/api/v1/sensors/${encodeURIComponent(device.name)}/readings`;
  return `curl ${quoted(address)} -H ${quoted(`X-API-Key: ${device.key}`)} -H 'Content-Type: application/json' -d ${quoted(message(device))}`;
}
