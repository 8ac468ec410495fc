// Starts WASI commands in this JavaScript engine, one after the other: the input's file, the output's, then the modules. One line out: milliseconds for each.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const [input, output, ...modules] = process.argv.slice(2);
const taken = [];
for (const file of modules) {
    const bytes = readFileSync(file);
    const [stdin, stdout] = [openSync(input, 'r'), openSync(output, 'w')];
    const start = performance.now();
    const wasi = new WASI({ version: 'preview1', args: ['program'], env: {}, stdin, stdout, stderr: stdout, returnOnExit: true });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { wasi_snapshot_preview1: wasi.wasiImport });
    wasi.start(instance);
    taken.push(performance.now() - start);
    closeSync(stdin);
    closeSync(stdout);
}
console.log(taken.join('\t'));
