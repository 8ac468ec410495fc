// Bundles the unit tests, which are TypeScript, with the bundler of the pages, and runs them with node's own runner.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../node_modules/.tests');
const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts'));
await build({
    configFile: false,
    logLevel: 'warn',
    root: join(here, '..'),
    resolve: { dedupe: ['@noble/curves', '@noble/hashes'] },
    ssr: { noExternal: true },
    build: {
        ssr: true,
        outDir: out,
        emptyOutDir: true,
        target: 'node20',
        rollupOptions: { input: tests.map((name) => join(here, name)) },
    },
});
const made = readdirSync(out).filter((name) => /\.test\.m?js$/.test(name));
process.exit(
    spawnSync(process.execPath, ['--test', ...made.map((name) => join(out, name))], { stdio: 'inherit' }).status ?? 1,
);
