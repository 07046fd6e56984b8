import { describe, expect, it } from "vitest";
import { EDGE, exifOf, shrink, shrunk, withExif } from "@/screens/incidents/shrink";

const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];
/** TIFF, little-endian: one entry, orientation 6. */
const TURNED = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0];

function segment(marker: number, content: number[]): number[] {
  const length = content.length + 2;
  return [0xff, marker, length >> 8, length & 255, ...content];
}

function jpeg(...segments: number[][]): ArrayBuffer {
  return new Uint8Array([0xff, 0xd8, ...segments.flat(), 0xff, 0xda, 0, 2, 1, 2, 3]).buffer;
}

describe("a photo that is made smaller", () => {
  it("keeps its shape and what is small stays as it is", async () => {
    expect(shrunk(4032, 3024)).toEqual({ width: EDGE, height: 1920 });
    expect(shrunk(3024, 4032)).toEqual({ width: 1920, height: EDGE });
    expect(shrunk(800, 600)).toBeNull();
    const small = jpeg();
    expect(await shrink(small, "image/jpeg")).toBe(small);
  });

  it("keeps where it was taken, and is not turned twice", () => {
    const original = jpeg(segment(0xe0, [1, 2, 3]), segment(0xe1, [...EXIF, ...TURNED]));
    const exif = exifOf(original);
    expect([...(exif ?? [])].slice(0, 10)).toEqual([0xff, 0xe1, 0, 34, ...EXIF]);
    const whole = new Uint8Array(withExif(jpeg(), exif));
    expect(Array.from(whole.slice(0, 4))).toEqual([0xff, 0xd8, 0xff, 0xe1]);
    expect(whole[2 + 10 + 18]).toBe(1);
    expect(exifOf(whole.buffer)).toEqual(exif);
    expect(Array.from(whole.slice(-5))).toEqual([0, 2, 1, 2, 3]);
  });

  it("survives what lies about its lengths", () => {
    expect(exifOf(new ArrayBuffer(3))).toBeNull();
    expect(exifOf(new Uint8Array([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, ...EXIF]).buffer)).toBeNull();
    const far = jpeg(segment(0xe1, [...EXIF, 0x4d, 0x4d, 0, 42, 0xff, 0xff, 0xff, 0]));
    expect(exifOf(far)).not.toBeNull();
  });
});
