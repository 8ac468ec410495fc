// Runs the kernels in this JavaScript engine. One line in: the file, n, how often. One line out: the result and the times in milliseconds.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const kernels = new Map();

function load(file) {
    if (!kernels.has(file))
        kernels.set(file, new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))).exports.run);
    return kernels.get(file);
}

for await (const line of createInterface({ input: process.stdin })) {
    const [file, n, times] = line.split('\t');
    const run = load(file);
    const taken = [];
    let result;
    for (let i = 0; i < Number(times); i++) {
        const start = performance.now();
        result = run(Number(n));
        taken.push(performance.now() - start);
    }
    console.log([result, ...taken].join('\t'));
}
