const blockBytes = 64;
const rounds = 10;
/** "expand 32-byte k" */
const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

const turn = (word: number, by: number) => (word << by) | (word >>> (32 - by));

function quarter(state: Uint32Array, a: number, b: number, c: number, d: number): void {
    const at = (index: number) => state[index] ?? 0;
    state[a] = at(a) + at(b);
    state[d] = turn(at(d) ^ at(a), 16);
    state[c] = at(c) + at(d);
    state[b] = turn(at(b) ^ at(c), 12);
    state[a] = at(a) + at(b);
    state[d] = turn(at(d) ^ at(a), 8);
    state[c] = at(c) + at(d);
    state[b] = turn(at(b) ^ at(c), 7);
}

/** A program's randomness, as engine/GUESTS.md has it: the ChaCha20 key stream (RFC 8439) of the job's id, nonce and first counter zero. */
export class GuestRandom {
    readonly #start: Uint32Array;
    #block = new Uint8Array(0);
    #counter = 0n;

    constructor(seed: Uint8Array) {
        const key = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
        const words = Array.from({ length: 8 }, (_, index) => key.getUint32(index * 4, true));
        this.#start = Uint32Array.from([...constants, ...words, 0, 0, 0, 0]);
    }

    fill(place: Uint8Array): void {
        for (let at = 0; at < place.length;) {
            if (this.#block.length === 0) {
                this.#block = this.#next();
            }
            const part = this.#block.subarray(0, place.length - at);
            place.set(part, at);
            this.#block = this.#block.subarray(part.length);
            at += part.length;
        }
    }

    #next(): Uint8Array<ArrayBuffer> {
        const start = this.#start.slice();
        start[12] = Number(this.#counter & 0xffff_ffffn);
        start[13] = Number(this.#counter >> 32n);
        this.#counter += 1n;
        const state = start.slice();
        for (let round = 0; round < rounds; round++) {
            for (let column = 0; column < 4; column++) {
                quarter(state, column, 4 + column, 8 + column, 12 + column);
            }
            for (let column = 0; column < 4; column++) {
                quarter(state, column, 4 + ((column + 1) % 4), 8 + ((column + 2) % 4), 12 + ((column + 3) % 4));
            }
        }
        const block = new Uint8Array(blockBytes);
        const view = new DataView(block.buffer);
        state.forEach((word, index) => view.setUint32(index * 4, word + (start[index] ?? 0), true));
        return block;
    }
}
