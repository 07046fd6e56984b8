import { isShelved, worstFirst, type Alert } from "@/live/situation";

/** What is heard: three tones in turn for critical, one for high; nothing for the rest (ISA-18.2). */
export type Call = "critical" | "high";

export const LOOP_SECONDS = 2;

/** [hertz, from, to] in seconds. */
const TONES: Readonly<Record<Call, readonly (readonly [number, number, number])[]>> = {
  critical: [[880, 0, 0.22], [660, 0.26, 0.48], [880, 0.52, 0.74]],
  high: [[660, 0, 0.3]],
};

/** What the alarms ask to be heard: the worst to which nobody has reacted and which is not put aside. */
export function callOf(alerts: readonly Alert[], now: number): Call | null {
  const worst = alerts
    .filter((alert) => alert.status === "open" && !isShelved(alert, now) && alert.severity in TONES)
    .sort(worstFirst)[0];
  return (worst?.severity as Call | undefined) ?? null;
}

/** Write one loop of a call into samples: tones with soft edges, so that nothing cracks. */
export function write(samples: Float32Array, rate: number, call: Call): void {
  for (const [hertz, from, to] of TONES[call]) {
    for (let index = Math.floor(from * rate); index < to * rate; index++) {
      const edge = Math.min(1, (index / rate - from) / 0.01, (to - index / rate) / 0.02);
      samples[index] = 0.25 * Math.max(0, edge) * Math.sin((2 * Math.PI * hertz * index) / rate);
    }
  }
}
