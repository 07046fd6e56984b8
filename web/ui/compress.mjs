// Writes FILE.br beside each file of a build that brotli makes smaller; the server gives it to who takes it.
// usage: node compress.mjs FOLDER
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const KINDS = /\.(?:html|js|mjs|css|json|webmanifest|svg|wasm|txt)$/;
const WORTH_IT = 1024; // as web/shelf.py has it

const [folder] = process.argv.slice(2);
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !KINDS.test(entry.name) || file.includes("/.vite/")) continue;
  const plain = readFileSync(file);
  if (plain.length < WORTH_IT) continue;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  const small = brotliCompressSync(plain, { params });
  if (small.length < plain.length) writeFileSync(`${file}.br`, small);
}
