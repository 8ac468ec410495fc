import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { stateRootOf } from '../verify/stateRoot';

// The bounds of one run's writes: engine/Guests/GuestPolicy.cs.
const writesMax = 4096;
const writeBytesMax = 1024 * 1024 + 1024;

/** Bytes as letters of their codes, which have the order of the bytes. */
const lettersOf = (key: Uint8Array): string => Array.from(key, (byte) => String.fromCharCode(byte)).join('');
const keyOf = (letters: string): Uint8Array => Uint8Array.from(letters, (letter) => letter.charCodeAt(0));

const ascending = <T>(entries: [string, T][]): [string, T][] =>
    entries.sort(([left], [right]) => (left < right ? -1 : 1));

/** A program's state as one run sees it: that of the moment it began, with its own writes over it. */
export class GuestState {
    readonly #stored: Map<string, Uint8Array>;
    readonly #writes = new Map<string, Uint8Array | null>();
    #writeBytes = 0;

    constructor(entries: [Uint8Array, Uint8Array][]) {
        this.#stored = new Map(entries.map(([key, value]) => [lettersOf(key), value]));
    }

    get(key: Uint8Array): Uint8Array | null {
        const letters = lettersOf(key);
        const written = this.#writes.get(letters);
        return written === undefined ? (this.#stored.get(letters) ?? null) : written;
    }

    /** Null as value deletes. False: the run would write too much, and nothing changes. */
    write(key: Uint8Array, value: Uint8Array | null): boolean {
        const letters = lettersOf(key);
        const before = this.#writes.get(letters);
        const isNew = before === undefined;
        const bytes = this.#writeBytes + (value?.length ?? 0) + (isNew ? key.length : -(before?.length ?? 0));
        if (bytes > writeBytesMax || (isNew && this.#writes.size >= writesMax)) {
            return false;
        }
        this.#writes.set(letters, value?.slice() ?? null);
        this.#writeBytes = bytes;
        return true;
    }

    /** The keys that begin so, ascending. */
    list(prefix: Uint8Array): Uint8Array[] {
        const start = lettersOf(prefix);
        return [...this.#all().keys()]
            .filter((key) => key.startsWith(start))
            .sort()
            .map(keyOf);
    }

    root(): Uint8Array {
        return stateRootOf([...this.#all()].map(([key, value]) => [keyOf(key), value]));
    }

    /** The digest of receipts/WritesDigest.cs. */
    writesDigest(): string {
        if (this.#writes.size === 0) {
            return '0'.repeat(64);
        }
        const hash = keccak_256.create();
        const add = (part: Uint8Array) => {
            const length = new Uint8Array(4);
            new DataView(length.buffer).setUint32(0, part.length);
            hash.update(length).update(part);
        };
        for (const [letters, value] of ascending([...this.#writes])) {
            add(keyOf(letters));
            hash.update(Uint8Array.of(value === null ? 0 : 1));
            if (value !== null) {
                add(value);
            }
        }
        return bytesToHex(hash.digest());
    }

    #all(): Map<string, Uint8Array> {
        const all = new Map(this.#stored);
        for (const [key, value] of this.#writes) {
            if (value === null) {
                all.delete(key);
            } else {
                all.set(key, value);
            }
        }
        return all;
    }
}
