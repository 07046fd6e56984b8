/** What the server takes (appliance/domain/attachments.py); it looks at the content, we at name and size. */
export const LARGEST = 15 * 2 ** 20;
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf"] as const;
const ENDINGS: Readonly<Record<string, string>> = {
  jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", heic: "image/heic", heif: "image/heic", pdf: "application/pdf",
};
export const ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,.heic,application/pdf";

/** What is wrong with a file before it is sent, or its media type. */
export function looked(file: { name: string; size: number; type: string }): { type: string } | { wrong: "size" | "type" | "empty" } {
  if (file.size === 0) return { wrong: "empty" };
  const said = file.type === "image/heif" ? "image/heic" : file.type;
  const type = TYPES.find((each) => each === said) ?? ENDINGS[file.name.split(".").at(-1)?.toLowerCase() ?? ""];
  if (!type) return { wrong: "type" };
  return file.size > LARGEST ? { wrong: "size" } : { type };
}
