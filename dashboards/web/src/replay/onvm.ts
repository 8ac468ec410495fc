import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Host, HostFunction } from './host';

const bad = { pointer: -2, value: -3, place: -4, room: -32 };
const keyBytesMax = 1024;
const valueBytesMax = 1024 * 1024;
const sizeMax = 0x7fff_ffff;
const levels = ['trace ', 'debug ', 'info ', 'warn '].map((level) => new TextEncoder().encode(level));
const lineEnd = Uint8Array.of(10);
const digests: Record<number, (content: Uint8Array) => Uint8Array> = { 1: sha256, 2: keccak_256 };
const digestBytes = 32;

/** The functions of the ONVM ABI, as engine/GUESTS.md has them, but for blobs, which change, and signatures. */
export const onvm = (host: Host): Record<string, HostFunction> => ({
    onvm_log: (level: number, text: number, size: number) => {
        const content = host.memory.range(text, size);
        if (content === null) {
            return bad.pointer;
        }
        const name = levels[level >>> 0];
        if (!isUtf8(content)) {
            return bad.value;
        }
        if (name === undefined) {
            return bad.place;
        }
        for (const part of [name, content, lineEnd]) {
            host.log.append(part);
        }
        return 0;
    },
    onvm_now_ms: () => host.invocation.clock / 1_000_000n,
    onvm_random_bytes: (out: number, size: number) => {
        const place = host.memory.range(out, size);
        if (size < 0 || place === null) {
            return size < 0 ? bad.pointer : bad.value;
        }
        host.random.fill(place);
        return 0;
    },
    onvm_crypto_hash: (algorithm: number, from: number, size: number, out: number, room: number) => {
        const content = host.memory.range(from, size);
        if (content === null) {
            return bad.pointer;
        }
        const digest = digests[algorithm];
        return digest === undefined
            ? bad.value
            : room >>> 0 < digestBytes
              ? bad.room
              : host.memory.store(out, digest(content))
                ? digestBytes
                : bad.place;
    },
    ...state(host),
});

function isUtf8(content: Uint8Array): boolean {
    try {
        new TextDecoder('utf-8', { fatal: true }).decode(content);
        return true;
    } catch {
        return false;
    }
}

function state(host: Host): Record<string, HostFunction> {
    const keyAt = (at: number, size: number) => (size >>> 0 > keyBytesMax ? null : host.memory.range(at, size));
    const ofKey =
        <T extends number | bigint>(refused: T, answer: (key: Uint8Array) => T) =>
        (at: number, size: number): T => {
            const key = keyAt(at, size);
            return key === null ? refused : answer(key);
        };
    return {
        onvm_state_put: (at: number, keySize: number, from: number, size: number) =>
            ofKey(bad.pointer, (key) => {
                const value = size >>> 0 > valueBytesMax ? null : host.memory.range(from, size);
                return value === null ? bad.value : host.state.write(key, value) ? 0 : bad.place;
            })(at, keySize),
        onvm_state_del: ofKey(bad.pointer, (key) => (host.state.write(key, null) ? 0 : bad.place)),
        onvm_state_get: (at: number, keySize: number, out: number, room: number) =>
            ofKey(bad.pointer, (key) => {
                const value = host.state.get(key);
                return value === null
                    ? 0
                    : value.length > room >>> 0
                      ? -value.length
                      : host.memory.store(out, value)
                        ? value.length
                        : bad.place;
            })(at, keySize),
        onvm_state_exists: ofKey(bad.pointer, (key) => (host.state.get(key) === null ? 0 : 1)),
        onvm_state_len: ofKey(BigInt(bad.pointer), (key) => BigInt(host.state.get(key)?.length ?? -1)),
        onvm_state_list: (at: number, keySize: number, out: number, room: number) =>
            ofKey(bad.pointer, (prefix) => listInto(host, host.state.list(prefix), out, room >>> 0))(at, keySize),
        onvm_state_root: (out: number) => (host.memory.store(out, host.state.root()) ? 0 : bad.value),
    };
}

function listInto(host: Host, keys: Uint8Array[], out: number, room: number): number {
    const size = keys.reduce((sum, { length }) => sum + 4 + length, 0);
    if (size > room || size > sizeMax) {
        return -Math.min(size, sizeMax);
    }
    if (host.memory.range(out, size) === null) {
        return bad.place;
    }
    let at = out >>> 0;
    for (const key of keys) {
        host.memory.storeU32(at, key.length);
        host.memory.store(at + 4, key);
        at += 4 + key.length;
    }
    return size;
}
