#!/usr/bin/env node
// Runs forge and ends as it ends. What npm installs as `forge` ends with 0 even where a test has failed or a source does not compile.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const architecture = process.arch === "x64" ? "amd64" : process.arch;
const suffix = process.platform === "win32" ? ".exe" : "";
const binary = createRequire(import.meta.url).resolve(
  `@foundry-rs/forge-${process.platform}-${architecture}/bin/forge${suffix}`,
);

/** Runs forge in the folder of the contracts; gives its exit code. */
export function forge(options, environment = {}) {
  const { status, error } = spawnSync(binary, options, { cwd: root, env: { ...process.env, ...environment }, stdio: "inherit" });
  if (error) {
    throw error;
  }
  return status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = forge(process.argv.slice(2));
}
