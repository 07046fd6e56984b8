/** Longest edge of a photo as it is kept: what is written on a meter can still be read. */
export const EDGE = 2560;
const QUALITY = 0.85;
/** Smaller files are sent as they are. */
export const SMALL = 700_000;
const SOI = [0xff, 0xd8] as const;
const APP1 = 0xe1;
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0] as const;
const ORIENTATION = 0x0112;

/** How large a photo of this size becomes; null where it is small enough. */
export function shrunk(width: number, height: number): { width: number; height: number } | null {
  const factor = EDGE / Math.max(width, height);
  return factor >= 1 ? null : { width: Math.round(width * factor), height: Math.round(height * factor) };
}

/**
 * Make a photo smaller before it is sent, so that neither it nor who looks at it waits for 12 megapixels.
 * Where and when it was taken stays in it. What the browser can't draw is sent as it is.
 */
export async function shrink(bytes: ArrayBuffer, type: string): Promise<ArrayBuffer> {
  if (type !== "image/jpeg" || bytes.byteLength < SMALL) return bytes;
  try {
    const picture = await createImageBitmap(new Blob([bytes], { type }), { imageOrientation: "from-image" });
    const size = shrunk(picture.width, picture.height);
    if (!size) return bytes;
    const canvas = new OffscreenCanvas(size.width, size.height);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, size.width, size.height);
    picture.close();
    const small = await (await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY })).arrayBuffer();
    return small.byteLength < bytes.byteLength ? withExif(small, exifOf(bytes)) : bytes;
  } catch {
    return bytes; // the server looks at it anyway
  }
}

/** The segment of a JPEG that says where and when it was taken; null where there is none. */
export function exifOf(jpeg: ArrayBuffer): Uint8Array | null {
  const view = new DataView(jpeg);
  for (let at = 2; at + 4 <= jpeg.byteLength && view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    const length = view.getUint16(at + 2);
    if (marker === 0xda || length < 2 || at + 2 + length > jpeg.byteLength) return null;
    const isExif = marker === APP1 && EXIF.every((byte, place) => at + 4 + place < jpeg.byteLength && view.getUint8(at + 4 + place) === byte);
    if (isExif) return upright(new Uint8Array(jpeg.slice(at, at + 2 + length)));
    at += 2 + length;
  }
  return null;
}

/** The picture has been turned already: say so, or it is turned twice. */
function upright(segment: Uint8Array): Uint8Array {
  const tiff = 4 + EXIF.length;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  if (segment.length < tiff + 8) return segment;
  const isLittle = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, isLittle);
  if (directory + 2 > segment.length) return segment;
  const entries = view.getUint16(directory, isLittle);
  for (let entry = 0; entry < entries && directory + 2 + (entry + 1) * 12 <= segment.length; entry += 1) {
    const at = directory + 2 + entry * 12;
    if (view.getUint16(at, isLittle) === ORIENTATION) view.setUint16(at + 8, 1, isLittle);
  }
  return segment;
}

/** A JPEG with this segment right after its beginning, where readers look for it. */
export function withExif(jpeg: ArrayBuffer, segment: Uint8Array | null): ArrayBuffer {
  if (!segment) return jpeg;
  const whole = new Uint8Array(jpeg.byteLength + segment.length);
  whole.set(SOI);
  whole.set(segment, SOI.length);
  whole.set(new Uint8Array(jpeg, SOI.length), SOI.length + segment.length);
  return whole.buffer;
}
