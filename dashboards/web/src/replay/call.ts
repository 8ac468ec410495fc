import type { Abi, Host } from './host';
import { outputBytesMax } from './limits';
import { Stop } from './stop';

const pageBytes = 65_536;
/** Room for a structure return before the input. */
const returnBytes = 16;
/** The convention that returns through a place in the first parameter. */
const structureReturn = '7f7f7f>';

type Exported = (...given: number[]) => unknown;

/** What is called, and by which ABI. */
export interface Entry {
    abi: Abi;
    name: string;
    type: string;
}

/** Calls a program's entry point: blocks until it returns. */
export function call(
    { abi, name, type }: Entry,
    host: Host,
    exports: WebAssembly.Exports,
    functions: Map<string, string>,
): void {
    const exported = (of: string) => exports[of] as Exported;
    if (abi === 'wasi') {
        exported(name)();
        return;
    }
    if (functions.get('_initialize') === '>') {
        exported('_initialize')();
    }
    const { input } = host.invocation;
    const place =
        functions.get('onvm_alloc') === '7f>7f' ? allocate(host, exported('onvm_alloc')) : grow(host, exports);
    const pointer = place + returnBytes;
    host.memory.store(pointer, input);
    const given = type === structureReturn ? [place, pointer, input.length] : [pointer, input.length];
    const [from, size] = returned(exported(name)(...given), host, place);
    if (size > outputBytesMax) {
        throw new Stop('output_too_large', `The program returned ${size} bytes.`);
    }
    const output = host.memory.range(from, size);
    if (output === null) {
        throw new Stop(
            'failed',
            `The program returned an output of ${size} bytes at ${from}, which leaves its memory.`,
        );
    }
    host.output.append(output);
}

function returned(result: unknown, host: Host, place: number): [number, number] {
    if (typeof result === 'bigint') {
        return [Number((result >> 32n) & 0xffff_ffffn), Number(result & 0xffff_ffffn)];
    }
    const pair = Array.isArray(result)
        ? (result as number[])
        : [host.memory.u32(place) ?? 0, host.memory.u32(place + 4) ?? 0];
    return [(pair[0] ?? 0) >>> 0, (pair[1] ?? 0) >>> 0];
}

function allocate(host: Host, alloc: Exported): number {
    const size = returnBytes + host.invocation.input.length;
    const place = (alloc(size) as number) >>> 0;
    if (place === 0 || host.memory.range(place, size) === null) {
        throw new Stop('failed', `'onvm_alloc' gave no room for ${size} bytes: it returned ${place}.`);
    }
    return place;
}

function grow(host: Host, exports: WebAssembly.Exports): number {
    const memory = exports.memory as WebAssembly.Memory;
    const { input, memoryPages } = host.invocation;
    const pages = Math.ceil((returnBytes + input.length) / pageBytes);
    if (memory.buffer.byteLength / pageBytes + pages > memoryPages) {
        throw new Stop('out_of_memory', `The input needs ${pages} more pages of memory; the job has ${memoryPages}.`);
    }
    try {
        return memory.grow(pages) * pageBytes;
    } catch {
        throw new Stop('failed', `The input needs ${pages} more pages of memory than the program lets it have.`);
    }
}
