// node build.mjs [FILE]: puts the page, its style and its script into one file, receipt-verifier.html. The same sources give the same
// bytes. The script stays readable: who relies on the page may read it.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = new URL('./', import.meta.url);
const read = name => readFileSync(new URL(name, folder), 'utf8');
const sha256 = text => createHash('sha256').update(text);

/**
 * What `sha256sum *.css *.json *.mjs page.html | sort -k 2 | sha256sum` prints in the C locale: a test compares it with the one in the
 * page, so a page that was not built again is found without node.
 */
function stamp() {
  const sources = readdirSync(folder).filter(name => /\.(css|json|mjs)$/.test(name) || name === 'page.html').sort();
  return sha256(sources.map(name => `${sha256(read(name)).digest('hex')}  ${name}\n`).join('')).digest('hex');
}

const bundle = await build({
  entryPoints: [fileURLToPath(new URL('page.mjs', folder))],
  bundle: true,
  write: false,
  charset: 'utf8',
  format: 'iife',
  target: 'es2022',
  legalComments: 'inline',
  absWorkingDir: fileURLToPath(folder),
});
const script = `\n${bundle.outputFiles[0].text}`;
const style = `\n${read('page.css')}`;
if (/<\/(script|style)|<!--/i.test(script + style)) {
  throw new Error('The script or the style has an end tag or a comment of HTML within, which would end it early.');
}
const hashOf = text => `'sha256-${sha256(text).digest('base64')}'`;
const parts = {
  POLICY: [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  SOURCES: stamp(),
  STYLE: style,
  SCRIPT: script,
};
const page = read('page.html').replace(/%([A-Z]+)%/g, (_, name) => parts[name]);
writeFileSync(process.argv[2] ?? new URL('receipt-verifier.html', folder), page);
