/** A program's memory, as host functions reach it. Pointers come signed from WebAssembly; sizes and places count unsigned. */
export class GuestMemory {
    readonly #memory: WebAssembly.Memory;

    constructor(memory: WebAssembly.Memory) {
        this.#memory = memory;
    }

    get size(): number {
        return this.#memory.buffer.byteLength;
    }

    /** The bytes themselves, until the memory grows; null where the range leaves it. */
    range(at: number, size: number): Uint8Array<ArrayBuffer> | null {
        const [from, length] = [at >>> 0, size >>> 0];
        return from + length <= this.size ? new Uint8Array(this.#memory.buffer, from, length) : null;
    }

    /** False where the place leaves the memory; then nothing was written. */
    store(at: number, content: Uint8Array): boolean {
        const place = this.range(at, content.length);
        place?.set(content);
        return place !== null;
    }

    u32(at: number): number | null {
        return this.range(at, 4) === null ? null : new DataView(this.#memory.buffer).getUint32(at >>> 0, true);
    }

    storeU32(at: number, value: number): boolean {
        const fits = this.range(at, 4) !== null;
        if (fits) {
            new DataView(this.#memory.buffer).setUint32(at >>> 0, value >>> 0, true);
        }
        return fits;
    }

    storeU64(at: number, value: bigint): boolean {
        const fits = this.range(at, 8) !== null;
        if (fits) {
            new DataView(this.#memory.buffer).setBigUint64(at >>> 0, value, true);
        }
        return fits;
    }
}
