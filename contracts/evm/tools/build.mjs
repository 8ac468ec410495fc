// Compiles the contracts and writes what the project needs of them into `built`, which is checked in: a user needs no compiler.
// With --check nothing is written; the exit code says whether what is checked in is what the sources give.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { forge } from "./forge.mjs";

const contracts = ["Escrow", "StakeRegistry", "ReceiptVerifier", "DevelopmentToken"];
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const isCheck = process.argv.includes("--check");

const code = forge(["build", "src", "--force", "--quiet"], { FOUNDRY_PROFILE: "built" });
if (code !== 0) {
  process.exit(code);
}
mkdirSync(join(root, "built"), { recursive: true });
const differing = contracts.filter((name) => {
  const output = JSON.parse(readFileSync(join(root, "artifacts", "built", `${name}.sol`, `${name}.json`), "utf8"));
  const built = {
    abi: output.abi,
    bytecode: output.bytecode.object,
    deployedBytecode: output.deployedBytecode.object,
    // Where constructor arguments stand in the deployed code: [start, length], in bytes.
    immutables: Object.values(output.deployedBytecode.immutableReferences ?? {})
      .flat()
      .map(({ start, length }) => [start, length])
      .sort((left, right) => left[0] - right[0]),
  };
  const text = `${JSON.stringify(built, null, 1)}\n`;
  const path = join(root, "built", `${name}.json`);
  if (isCheck) {
    return readOrEmpty(path) !== text;
  }
  writeFileSync(path, text);
  return false;
});
if (differing.length > 0) {
  console.error(`Not what the sources give: ${differing.join(", ")}. Run \`npm run build\` in contracts/evm.`);
  process.exitCode = 1;
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
