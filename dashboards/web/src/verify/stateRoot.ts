// The root of a whole state by receipts/STATE.md, and the chunks in which the API gives one.
import { blake3 } from '@noble/hashes/blake3.js';
import { hasBit, leafOf, nodeOf, pathOf, ProofError } from './state';

export type Entry = [key: Uint8Array, value: Uint8Array];

const version = 1;
const hashBytes = 32;
const siblingBytes = 1 + hashBytes;
const leafBytes = 2 * hashBytes + 4;
const pathBits = 8 * hashBytes;

interface Leaf {
    path: Uint8Array;
    hash: Uint8Array;
}

/** Zeros for a state without entries. */
export function stateRootOf(entries: Entry[]): Uint8Array {
    const leaves = entries.map(([key, value]): Leaf => {
        const path = pathOf(key);
        return { path, hash: leafOf(path, blake3(value), value.length) };
    });
    return leaves.length === 0 ? new Uint8Array(hashBytes) : fold(leaves, 0);
}

/** The tree has a node where paths part, and none where they go the same way. */
function fold(leaves: Leaf[], from: number): Uint8Array {
    const [first] = leaves;
    if (first === undefined || leaves.length === 1) {
        return first?.hash ?? new Uint8Array(hashBytes);
    }
    for (let bit = from; bit < pathBits; bit++) {
        const right = leaves.filter(({ path }) => hasBit(path, bit));
        if (right.length > 0 && right.length < leaves.length) {
            const left = leaves.filter(({ path }) => !hasBit(path, bit));
            return nodeOf(bit, fold(left, bit + 1), fold(right, bit + 1));
        }
    }
    throw new ProofError('The state has a key twice.');
}

/** The entries of a chunk. What is proved of them is the root that all chunks together give. */
export function entriesOf(chunk: Uint8Array): Entry[] {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    const skip = (count: number) => {
        if (at + count > chunk.length) {
            throw new ProofError('The chunk of the state ends too early.');
        }
        return (at += count) - count;
    };
    const number = (bytes: 1 | 2 | 4) => {
        const place = skip(bytes);
        return bytes === 1
            ? view.getUint8(place)
            : bytes === 2
              ? view.getUint16(place, true)
              : view.getUint32(place, true);
    };
    if (number(1) !== version) {
        throw new ProofError('The chunk of the state is of another version.');
    }
    const hasPrevious = number(1) === 1;
    skip(number(2) * siblingBytes);
    skip(number(2) * siblingBytes);
    skip(hasPrevious ? leafBytes : 0);
    const entries: Entry[] = [];
    for (let left = number(4); left > 0; left--) {
        const [keyBytes, valueBytes] = [number(2), number(4)];
        const [key, value] = [skip(keyBytes), skip(valueBytes)];
        entries.push([chunk.slice(key, key + keyBytes), chunk.slice(value, value + valueBytes)]);
    }
    return entries;
}
