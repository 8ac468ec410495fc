import type { Host } from './host';
import { lacking } from './stop';

export const errno = {
    success: 0,
    badFile: 8,
    fault: 21,
    invalid: 28,
    nameTooLong: 37,
    noSystem: 52,
    notDirectory: 54,
    notSocket: 57,
    seek: 70,
};

/** Of the directory of all files. */
export const rootDescriptor = 3;

const buffersMax = 1024;
const bufferBytes = 8;

/** Reading and writing: stdin is the input, stdout the output, stderr the log. */
export function streams(host: Host, isOpen: (fd: number) => boolean) {
    /** All buffers, checked before the first byte moves; or the error. */
    function buffers(list: number, count: number, sizeOut: number): [number, number][] | number {
        if (count >>> 0 > buffersMax) {
            return errno.invalid;
        }
        if (host.memory.range(list, count * bufferBytes) === null || host.memory.range(sizeOut, 4) === null) {
            return errno.fault;
        }
        const all = Array.from({ length: count }, (_, index) => bufferAt(list, index));
        if (all.some(([at, size]) => host.memory.range(at, size) === null)) {
            return errno.fault;
        }
        return all.reduce((sum, [, size]) => sum + size, 0) <= 0xffff_ffff ? all : errno.invalid;
    }

    const bufferAt = (list: number, index: number): [number, number] => {
        const at = (list >>> 0) + index * bufferBytes;
        return [host.memory.u32(at) ?? 0, host.memory.u32(at + 4) ?? 0];
    };

    function read(fd: number, list: number, count: number, sizeOut: number): number {
        if (!isOpen(fd) || (fd !== 0 && fd !== rootDescriptor)) {
            return errno.badFile;
        }
        if (fd === rootDescriptor) {
            throw lacking('files (fd_read)');
        }
        const checked = buffers(list, count, sizeOut);
        if (typeof checked === 'number') {
            return checked;
        }
        let total = 0;
        for (let index = 0; index < checked.length && host.inputLeft.length > 0; index++) {
            // Looked up at its turn: what was read before may have gone over the list itself.
            const buffer = host.memory.range(...bufferAt(list, index));
            const part = host.inputLeft.subarray(0, buffer?.length ?? 0);
            buffer?.set(part);
            host.inputLeft = host.inputLeft.subarray(part.length);
            total += part.length;
        }
        return host.memory.storeU32(sizeOut, total) ? errno.success : errno.fault;
    }

    function write(fd: number, list: number, count: number, sizeOut: number): number {
        if (!isOpen(fd) || fd === 0) {
            return errno.badFile;
        }
        if (fd === rootDescriptor) {
            throw lacking('files (fd_write)');
        }
        const checked = buffers(list, count, sizeOut);
        if (typeof checked === 'number') {
            return checked;
        }
        let total = 0;
        for (const [at, size] of checked) {
            const content = host.memory.range(at, size) ?? new Uint8Array();
            if (fd === 1) {
                host.print(content);
            } else {
                host.log.append(content);
            }
            total += size;
        }
        return host.memory.storeU32(sizeOut, total) ? errno.success : errno.fault;
    }

    return { read, write };
}
