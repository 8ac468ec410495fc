// Checks by receipts/STATE.md that a key of a program's state has a value, or none, under a root. No market is asked.
import { blake3 } from '@noble/hashes/blake3.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

export interface Sibling {
    bit: number;
    hash: Uint8Array;
}

export type Proof =
    | { kind: 'empty'; siblings: Sibling[] }
    | { kind: 'present'; siblings: Sibling[]; value: Uint8Array }
    | { kind: 'absent'; siblings: Sibling[]; other: { path: Uint8Array; valueHash: Uint8Array; valueBytes: number } };

/** What a proof that holds says of its key. */
export type Finding = { present: true; value: Uint8Array } | { present: false };

/** Why a proof does not hold. */
export class ProofError extends Error {}

const version = 1;
const kinds = ['empty', 'present', 'absent'] as const;
const hashBytes = 32;
const siblingsMax = 256;
const valueMax = 1_048_576;
const keyMax = 1024;

const derive = (context: string, content: Uint8Array) => blake3(content, { context: utf8ToBytes(context) });

export const pathOf = (key: Uint8Array): Uint8Array => derive('marketplace 2026 program state path v1', key);

const length32 = (length: number) => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, length, true);
    return bytes;
};

export const leafOf = (path: Uint8Array, valueHash: Uint8Array, valueBytes: number) =>
    derive('marketplace 2026 program state leaf v1', concatBytes(path, valueHash, length32(valueBytes)));

export const nodeOf = (bit: number, left: Uint8Array, right: Uint8Array) =>
    derive(`marketplace 2026 program state node at bit ${bit} v1`, concatBytes(left, right));

/** Bits of a path count from the highest of its first byte. */
export const hasBit = (path: Uint8Array, bit: number) => (((path[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;

const same = (left: Uint8Array, right: Uint8Array) => bytesToHex(left) === bytesToHex(right);

/** Reads the bytes of a proof; nothing may follow them. */
export function parseProof(content: Uint8Array): Proof {
    let at = 0;
    const take = (count: number) => {
        if (at + count > content.length) {
            throw new ProofError('The proof ends too early.');
        }
        return content.slice(at, (at += count));
    };
    const number = (count: number) => take(count).reduceRight((value, byte) => value * 256 + byte, 0);

    if (number(1) !== version) {
        throw new ProofError('The proof is of another version.');
    }
    const kind = kinds[number(1)];
    const count = number(2);
    if (kind === undefined || count > siblingsMax || (kind === 'empty' && count > 0)) {
        throw new ProofError('The proof is malformed.');
    }
    const siblings = Array.from({ length: count }, () => ({ bit: number(1), hash: take(hashBytes) }));
    if (siblings.some(({ bit }, index) => index > 0 && bit <= (siblings[index - 1]?.bit ?? -1))) {
        throw new ProofError('The bits of the proof do not grow.');
    }
    const proof = rest(kind);
    if (at !== content.length) {
        throw new ProofError('Something follows the proof.');
    }
    return proof;

    function rest(of: (typeof kinds)[number]): Proof {
        if (of === 'empty') {
            return { kind: of, siblings };
        }
        if (of === 'absent') {
            return {
                kind: of,
                siblings,
                other: { path: take(hashBytes), valueHash: take(hashBytes), valueBytes: number(4) },
            };
        }
        const size = number(4);
        if (size > valueMax) {
            throw new ProofError('The value is longer than a state takes.');
        }
        return { kind: of, siblings, value: take(size) };
    }
}

/** What a proof proves of a key under a root; throws {@link ProofError} where it does not hold. */
export function checkProof(root: string, key: Uint8Array, proof: Proof): Finding {
    if (key.length > keyMax) {
        throw new ProofError('The key is longer than a state takes.');
    }
    const trusted = hexToBytes(root);
    const isEmpty = trusted.every((byte) => byte === 0);
    if (trusted.length !== hashBytes) {
        throw new ProofError('A root has 64 digits.');
    }
    if (proof.kind === 'empty' || isEmpty) {
        if (proof.kind !== 'empty' || !isEmpty) {
            throw new ProofError('Only the root of zeros is that of an empty state, and it is that of no other.');
        }
        return { present: false };
    }
    const path = pathOf(key);
    if (!same(rootOf(path, proof), trusted)) {
        throw new ProofError('The proof leads to another root.');
    }
    return proof.kind === 'present' ? { present: true, value: proof.value } : { present: false };
}

function rootOf(path: Uint8Array, proof: Exclude<Proof, { kind: 'empty' }>): Uint8Array {
    return proof.siblings.reduceRight(
        (hash, { bit, hash: other }) => (hasBit(path, bit) ? nodeOf(bit, other, hash) : nodeOf(bit, hash, other)),
        firstLeaf(path, proof),
    );
}

function firstLeaf(path: Uint8Array, proof: Exclude<Proof, { kind: 'empty' }>): Uint8Array {
    if (proof.kind === 'present') {
        return leafOf(path, blake3(proof.value), proof.value.length);
    }
    const { other, siblings } = proof;
    if (same(other.path, path) || siblings.some(({ bit }) => hasBit(other.path, bit) !== hasBit(path, bit))) {
        throw new ProofError('The other key of the proof is not where the key would be.');
    }
    return leafOf(other.path, other.valueHash, other.valueBytes);
}
