import { lacking, Stop } from './stop';

// The parts of a module (https://webassembly.github.io/spec/core/binary/modules.html) that a browser does not tell of, and the one that is changed.
const sections = { type: 1, import: 2, function: 3, memory: 5, export: 7 } as const;
const headBytes = 8;
const functionForm = 0x60;

class Reader {
    at: number;
    readonly end: number;
    readonly #bytes: Uint8Array;

    constructor(bytes: Uint8Array, at: number, end: number) {
        [this.#bytes, this.at, this.end] = [bytes, at, end];
    }

    byte(): number {
        const value = this.#bytes[this.at];
        if (value === undefined || this.at >= this.end) {
            throw new Stop('unsupported', 'The module ends too early.');
        }
        this.at += 1;
        return value;
    }

    u32(): number {
        let [value, shift] = [0, 1];
        for (;;) {
            const byte = this.byte();
            value += (byte & 0x7f) * shift;
            shift *= 128;
            if (byte < 0x80) {
                return value;
            }
        }
    }

    list<T>(item: () => T): T[] {
        const items: T[] = [];
        for (let left = this.u32(); left > 0; left--) {
            items.push(item());
        }
        return items;
    }

    take(size: number): Uint8Array {
        if (this.at + size > this.end) {
            throw new Stop('unsupported', 'The module ends too early.');
        }
        return this.#bytes.subarray(this.at, (this.at += size));
    }

    name = (): string => new TextDecoder().decode(this.take(this.u32()));
}

function sectionOf(module: Uint8Array, wanted: number): { start: number; body: Reader } | null {
    const reader = new Reader(module, headBytes, module.length);
    while (reader.at < module.length) {
        const start = reader.at;
        const id = reader.byte();
        const size = reader.u32();
        if (id === wanted) {
            return { start, body: new Reader(module, reader.at, reader.at + size) };
        }
        reader.take(size);
    }
    return null;
}

const listOf = <T>(module: Uint8Array, section: number, item: (reader: Reader) => T): T[] => {
    const body = sectionOf(module, section)?.body;
    return body === undefined ? [] : body.list(() => item(body));
};

/** A type by the codes of its values: two i32 that give an i64 are `7f7f>7e`. */
const typeOf = (reader: Reader): string => {
    if (reader.byte() !== functionForm) {
        throw lacking('types of garbage collection');
    }
    const values = () => reader.list(() => reader.byte().toString(16)).join('');
    return `${values()}>${values()}`;
};

/** The type of an imported function; null: something else is imported, which no program does. */
const importOf = (reader: Reader): number => {
    reader.name();
    reader.name();
    if (reader.byte() !== 0) {
        throw lacking('imports other than functions');
    }
    return reader.u32();
};

/** The types of the functions that a module exports. */
export function exportedFunctions(module: Uint8Array): Map<string, string> {
    const types = listOf(module, sections.type, typeOf);
    const functions = [
        ...listOf(module, sections.import, importOf),
        ...listOf(module, sections.function, (reader) => reader.u32()),
    ];
    const exports = listOf(module, sections.export, (reader) => ({
        name: reader.name(),
        kind: reader.byte(),
        index: reader.u32(),
    }));
    return new Map(
        exports.filter(({ kind }) => kind === 0).map(({ name, index }) => [name, types[functions[index] ?? -1] ?? '']),
    );
}

const leb = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...leb(Math.floor(value / 128))];

/** The module with a memory that grows to the job's limit and no further, so that it is refused memory where the market refuses it. */
export function withMemoryLimit(module: Uint8Array, pagesMax: number): Uint8Array<ArrayBuffer> {
    const memory = sectionOf(module, sections.memory);
    if (memory === null) {
        throw new Stop('unsupported', 'The module has no memory of its own.');
    }
    const { start, body } = memory;
    const count = body.u32();
    const flags = body.byte();
    if (count !== 1 || flags > 1) {
        throw lacking('shared, 64-bit or several memories');
    }
    const least = body.u32();
    const most = Math.min(pagesMax, flags === 1 ? body.u32() : pagesMax);
    if (least > pagesMax) {
        throw new Stop('out_of_memory', `The program begins with ${least} pages of memory; the job has ${pagesMax}.`);
    }
    const content = [count, 1, ...leb(least), ...leb(most)];
    const section = [sections.memory, ...leb(content.length), ...content];
    const changed = new Uint8Array(start + section.length + module.length - body.end);
    changed.set(module.subarray(0, start));
    changed.set(section, start);
    changed.set(module.subarray(body.end), start + section.length);
    return changed;
}
