// The file of `market state prove`, which `market state verify` reads: one line of JSON, whose members have one order.
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { base64Bytes, bytesBase64 } from '../text/bytes';
import { ProofError, type Proof } from './state';

const format = 'marketplace state proof 1';

export interface ProofFile {
    program: string;
    root: string;
    key: Uint8Array;
    proof: Proof;
}

export const writeProofFile = ({ program, root, key, proof }: ProofFile): string =>
    `${JSON.stringify({ format, program, root, key: bytesToHex(key), proof: plain(proof) })}\n`;

function plain(proof: Proof) {
    const siblings = proof.siblings.map(({ bit, hash }) => ({ bit, hash: bytesToHex(hash) }));
    const head = { version: 1, kind: proof.kind, siblings };
    return proof.kind === 'present'
        ? { ...head, value: bytesBase64(proof.value) }
        : proof.kind === 'absent'
          ? {
                ...head,
                other: {
                    path: bytesToHex(proof.other.path),
                    valueHash: bytesToHex(proof.other.valueHash),
                    valueBytes: proof.other.valueBytes,
                },
            }
          : head;
}

/** Reads such a file; only the one text that a proof has is taken. */
export function readProofFile(text: string): ProofFile {
    let file: ProofFile;
    try {
        const { program, root, key, proof } = JSON.parse(text) as Record<'program' | 'root' | 'key', string> & {
            proof: {
                kind: Proof['kind'];
                siblings: { bit: number; hash: string }[];
                value: string;
                other: { path: string; valueHash: string; valueBytes: number };
            };
        };
        const siblings = proof.siblings.map(({ bit, hash }) => ({ bit, hash: hexToBytes(hash) }));
        file = {
            program,
            root,
            key: hexToBytes(key),
            proof:
                proof.kind === 'present'
                    ? { kind: 'present', siblings, value: base64Bytes(proof.value) }
                    : proof.kind === 'absent'
                      ? {
                            kind: 'absent',
                            siblings,
                            other: {
                                path: hexToBytes(proof.other.path),
                                valueHash: hexToBytes(proof.other.valueHash),
                                valueBytes: proof.other.valueBytes,
                            },
                        }
                      : { kind: 'empty', siblings },
        };
    } catch {
        throw new ProofError('The file is no proof of a state.');
    }
    if (writeProofFile(file).trimEnd() !== text.trimEnd()) {
        throw new ProofError('The file has another form than a proof of a state.');
    }
    return file;
}
