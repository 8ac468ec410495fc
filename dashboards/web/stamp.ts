import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

// What the pages are made of, from the root of the tree. The types of the API are none of it: they leave nothing in the pages.
const parts = [
    'dashboards/web/index.html',
    'dashboards/web/package-lock.json',
    'dashboards/web/public',
    'dashboards/web/src',
    'dashboards/web/vite.config.ts',
    'programs/echo/echo.wasm',
    ...['bls', 'ed25519', 'form', 'reuse', 'verify'].map((name) => `receipts/verifier/${name}.mjs`),
];
const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

function filesOf(root: string, part: string): string[] {
    const path = join(root, part);
    try {
        return readdirSync(path, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
            .filter((file) => file !== 'dashboards/web/src/api/schema.ts');
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') {
            return [part];
        }
        throw error;
    }
}

/** A test computes the same, so that a change that was not built is found without Node. */
export const stamp = (root: string): string =>
    sha256(
        parts
            .flatMap((part) => filesOf(root, part))
            .sort()
            .map((file) => `${sha256(readFileSync(join(root, file)))}  ${file}\n`)
            .join(''),
    );
