import type { Host, HostFunction } from './host';
import { lacking } from './stop';
import { errno, rootDescriptor, streams } from './wasiStreams';

const rootPath = new TextEncoder().encode('/');
const clocks = 4;
const clocksWithTime = 2;
const flagsKnown = 31;
const kinds = { unknown: 0, directory: 3 };

const bits = (...set: number[]) => set.reduce((all, bit) => all | (1n << BigInt(bit)), 0n);
const rights = {
    input: bits(1, 27),
    output: bits(6, 27),
    directory: bits(0, 3, 4, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26),
    file: bits(0, 1, 2, 3, 4, 5, 6, 7, 8, 21, 22, 23, 27),
};

const encode = (text: string) => new TextEncoder().encode(`${text}\0`);

/** The functions of WASI preview 1 that know no files, as engine/GUESTS.md tells of them. Files are where a replay in a browser ends. */
export function wasi(host: Host, statusBytes: number): Record<string, HostFunction> {
    const open = [true, true, true, true];
    const flags = [0, 0, 0, 0];
    const given = ['program', ...host.invocation.arguments].map(encode);
    const environment = host.invocation.environment.map(({ name, value }) => encode(`${name}=${value}`));
    const isOpen = (fd: number) => open[fd >>> 0] === true;

    /** A function that only files have: streams answer with an error of theirs. */
    const ofFiles = (name: string, onStream: number) => (fd: number) => {
        if (isOpen(fd) && fd === rootDescriptor) {
            throw lacking(`files (${name})`);
        }
        return isOpen(fd) ? onStream : errno.badFile;
    };

    const { read, write } = streams(host, isOpen);

    const sizes = (texts: Uint8Array[]) => (countOut: number, sizeOut: number) =>
        host.memory.storeU32(countOut, texts.length) &&
        host.memory.storeU32(
            sizeOut,
            texts.reduce((sum, { length }) => sum + length, 0),
        )
            ? errno.success
            : errno.fault;

    const texts = (all: Uint8Array[]) => (pointers: number, place: number) => {
        let [pointer, at] = [pointers >>> 0, place >>> 0];
        for (const text of all) {
            if (!host.memory.storeU32(pointer, at) || !host.memory.store(at, text)) {
                return errno.fault;
            }
            [pointer, at] = [pointer + 4, at + text.length];
        }
        return errno.success;
    };

    function status(fd: number, out: number): number {
        if (!isOpen(fd)) {
            return errno.badFile;
        }
        const place = host.memory.range(out, 24);
        if (place === null) {
            return errno.fault;
        }
        const isRoot = fd === rootDescriptor;
        place.fill(0);
        place[0] = isRoot ? kinds.directory : kinds.unknown;
        place[2] = flags[fd] ?? 0;
        host.memory.storeU64(out + 8, isRoot ? rights.directory : fd === 0 ? rights.input : rights.output);
        host.memory.storeU64(out + 16, isRoot ? rights.directory | rights.file : 0n);
        return errno.success;
    }

    const functions = {
        fd_read: read,
        fd_write: write,
        fd_fdstat_get: status,
        fd_fdstat_set_flags: (fd: number, set: number) => {
            if (!isOpen(fd) || (set & ~flagsKnown) !== 0) {
                return isOpen(fd) ? errno.invalid : errno.badFile;
            }
            flags[fd] = set;
            return errno.success;
        },
        fd_close: (fd: number) => {
            if (!isOpen(fd)) {
                return errno.badFile;
            }
            open[fd] = false;
            return errno.success;
        },
        fd_filestat_get: (fd: number, out: number) => {
            const answer = ofFiles('fd_filestat_get', errno.success)(fd);
            return answer !== errno.success || host.memory.store(out, new Uint8Array(statusBytes))
                ? answer
                : errno.fault;
        },
        fd_prestat_get: (fd: number, out: number) =>
            fd !== rootDescriptor || !isOpen(fd)
                ? errno.badFile
                : host.memory.storeU64(out, BigInt(rootPath.length) << 32n)
                  ? errno.success
                  : errno.fault,
        fd_prestat_dir_name: (fd: number, out: number, room: number) =>
            fd !== rootDescriptor || !isOpen(fd)
                ? errno.badFile
                : room >>> 0 < rootPath.length
                  ? errno.nameTooLong
                  : host.memory.store(out, rootPath)
                    ? errno.success
                    : errno.fault,
        args_sizes_get: sizes(given),
        args_get: texts(given),
        environ_sizes_get: sizes(environment),
        environ_get: texts(environment),
        clock_res_get: (clock: number, out: number) =>
            clock >>> 0 >= clocks ? errno.invalid : host.memory.storeU64(out, 1n) ? errno.success : errno.fault,
        clock_time_get: (clock: number, _: bigint, out: number) =>
            clock >>> 0 >= clocks
                ? errno.invalid
                : host.memory.storeU64(out, clock < clocksWithTime ? host.invocation.clock : 0n)
                  ? errno.success
                  : errno.fault,
        random_get: (out: number, size: number) => {
            const place = host.memory.range(out, size);
            if (place !== null) {
                host.random.fill(place);
            }
            return place === null ? errno.fault : errno.success;
        },
        sched_yield: () => errno.success,
        proc_raise: () => errno.noSystem,
        proc_exit: (code: number) => {
            throw host.exit(code);
        },
        ...named(['fd_seek', 'fd_tell', 'fd_pread', 'fd_pwrite', 'fd_advise', 'fd_allocate'], errno.seek),
        ...named(['fd_sync', 'fd_datasync', 'fd_filestat_set_size', 'fd_filestat_set_times'], errno.invalid),
        ...named(['fd_readdir'], errno.notDirectory),
        ...named(['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown'], errno.notSocket),
    };
    return functions;

    function named(names: string[], onStream: number): Record<string, HostFunction> {
        return Object.fromEntries(names.map((name) => [name, ofFiles(name, onStream)]));
    }
}
