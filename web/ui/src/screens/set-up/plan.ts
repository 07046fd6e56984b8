export type Pair = readonly number[];
export type Bounds = readonly number[];

/** Where a place is drawn: north is up, and an east-west metre is as long as a north-south one. */
export function projector(bounds: Bounds, width: number, height: number, margin: number): (place: Pair) => [number, number] {
  const [west = 0, south = 0, east = 0, north = 0] = bounds;
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const across = Math.max((east - west) * squeeze, 1e-9);
  const up = Math.max(north - south, 1e-9);
  const scale = Math.min((width - 2 * margin) / across, (height - 2 * margin) / up);
  return ([longitude = 0, latitude = 0]) => [
    width / 2 + (longitude - (west + east) / 2) * squeeze * scale,
    height / 2 - (latitude - (south + north) / 2) * scale,
  ];
}

/** The smallest box around places; null around none. */
export function around(places: readonly Pair[]): Bounds | null {
  if (places.length === 0) return null;
  const box = [Infinity, Infinity, -Infinity, -Infinity] as [number, number, number, number];
  for (const [longitude = 0, latitude = 0] of places) {
    box[0] = Math.min(box[0], longitude);
    box[1] = Math.min(box[1], latitude);
    box[2] = Math.max(box[2], longitude);
    box[3] = Math.max(box[3], latitude);
  }
  return box;
}
