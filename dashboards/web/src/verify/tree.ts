// Proofs over a list that only grows: RFC 9162, 2.1.3.2 and 2.1.4.2, with the nodes of receipts/RECEIPT.md, "Batches".
import { hexToBytes } from '@noble/hashes/utils.js';
import { hex, nodeHash } from './typed';

/** Two hashes for each of 63 levels, and one. */
const hashesMax = 127;

interface Place {
    place: bigint;
    last: bigint;
}

const isRight = ({ place, last }: Place) => (place & 1n) === 1n || place === last;

/** Goes up to where the node is a right child again, and then one level. */
function up({ place, last }: Place, right: boolean): Place {
    let [here, end] = [place, last];
    while (right && (here & 1n) === 0n && here !== 0n) {
        [here, end] = [here >> 1n, end >> 1n];
    }
    return { place: here >> 1n, last: end >> 1n };
}

/** The root that a proof of inclusion leads to; null: it is no proof for this place. */
export function rootOf(leaf: Uint8Array, index: bigint, size: bigint, proof: string[]): string | null {
    if (index >= size || proof.length > hashesMax) {
        return null;
    }
    let at: Place = { place: index, last: size - 1n };
    let root = leaf;
    for (const hash of proof.map((digits) => hexToBytes(digits))) {
        if (at.last === 0n) {
            return null;
        }
        const right = isRight(at);
        root = right ? nodeHash(hash, root) : nodeHash(root, hash);
        at = up(at, right);
    }
    return at.last === 0n ? hex(root) : null;
}

const zero = '0'.repeat(64);

/** Whether the tree of the first `from` leaves is the beginning of that of `to`. */
export function isBeginning(from: bigint, fromRoot: string, to: bigint, toRoot: string, proof: string[]): boolean {
    if (from > to || proof.length > hashesMax) {
        return false;
    }
    if (from === to || from === 0n) {
        return proof.length === 0 && (from === to ? fromRoot === toRoot : fromRoot === zero);
    }
    const isWhole = (from & (from - 1n)) === 0n;
    const hashes = (isWhole ? [fromRoot, ...proof] : proof).map((digits) => hexToBytes(digits));
    const [first, ...others] = hashes;
    if (first === undefined) {
        return false;
    }
    let at: Place = { place: from - 1n, last: to - 1n };
    while ((at.place & 1n) === 1n) {
        at = { place: at.place >> 1n, last: at.last >> 1n };
    }
    let earlier: Uint8Array = first;
    let later: Uint8Array = first;
    for (const hash of others) {
        if (at.last === 0n) {
            return false;
        }
        const right = isRight(at);
        [earlier, later] = right ? [nodeHash(hash, earlier), nodeHash(hash, later)] : [earlier, nodeHash(later, hash)];
        at = up(at, right);
    }
    return at.last === 0n && hex(earlier) === fromRoot && hex(later) === toRoot;
}
