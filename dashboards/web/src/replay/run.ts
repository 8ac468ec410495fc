import { call, type Entry } from './call';
import { GuestState } from './guestState';
import { Host, type HostFunction, type Invocation } from './host';
import { exportedFunctions, withMemoryLimit } from './module';
import { onvm } from './onvm';
import { lacking, Stop, type Outcome } from './stop';
import { wasi } from './wasi';

/** What came of a run. Output and writes are those of a completed run, else nothing. */
export interface Ended {
    outcome: Outcome;
    reason: string;
    exitCode: number;
    output: Uint8Array<ArrayBuffer> | null;
    log: Uint8Array<ArrayBuffer>;
    writes: string | null;
}

const defaultEntry = 'onvm_main';
const commandEntry = '_start';
/** In the ONVM ABI: two results, one of 64 bits, or a place in the first parameter. 7f is i32, 7e is i64. */
const conventions = ['7f7f>7f7f', '7f7f>7e', '7f7f7f>'];

/** Runs a program by the browser's own WebAssembly. Blocks its thread, which must be a worker's, until the program ends. */
export async function run(invocation: Invocation): Promise<Ended> {
    let host: Host | null = null;
    let end: Stop;
    try {
        const functions = exportedFunctions(invocation.module);
        const module = await WebAssembly.compile(withMemoryLimit(invocation.module, invocation.memoryPages)).catch(
            refused,
        );
        const entry = entryOf(module, functions, invocation.entryPoint);
        host = new Host(entry.abi, invocation, new GuestState(invocation.state));
        const instance = await WebAssembly.instantiate(module, importsOf(module, host));
        host.begin(instance.exports.memory as WebAssembly.Memory);
        call(entry, host, instance.exports, functions);
        end = new Stop('completed', 'The program ended.');
    } catch (error) {
        end = stopOf(error);
    }
    return endedOf(end, host);
}

const refused = (error: unknown): never => {
    throw new Stop(
        'unsupported',
        `This browser does not take the module: ${error instanceof Error ? error.message : ''}`,
    );
};

function endedOf(end: Stop, host: Host | null): Ended {
    const isDone = end.outcome === 'completed' && host !== null;
    return {
        outcome: end.outcome,
        reason: end.message,
        exitCode: end.exitCode,
        output: isDone ? host.output.written() : null,
        log: host?.log.written() ?? new Uint8Array(),
        writes: isDone ? host.state.writesDigest() : null,
    };
}

function stopOf(error: unknown): Stop {
    if (error instanceof Stop) {
        return error;
    }
    if (error instanceof WebAssembly.RuntimeError) {
        return new Stop('trapped', error.message);
    }
    // A stack that is full is a RangeError in two of three engines.
    if (error instanceof RangeError || (error instanceof Error && error.name === 'InternalError')) {
        return /memory/i.test(error.message)
            ? new Stop('unsupported', `This browser has no memory for the program: ${error.message}`)
            : new Stop('trapped', `call stack exhausted: ${error.message}`);
    }
    if (error instanceof WebAssembly.LinkError) {
        return new Stop('unsupported', `This browser does not run the module: ${error.message}`);
    }
    throw error;
}

function entryOf(module: WebAssembly.Module, functions: Map<string, string>, asked: string): Entry {
    const imports = WebAssembly.Module.imports(module);
    const entries = [...functions].filter(([, type]) => conventions.includes(type)).map(([name]) => name);
    const importsOnvm = imports.some(({ module: from }) => from === 'env');
    const isOnvm = entries.length > 0 && (importsOnvm || !functions.has(commandEntry));
    const known = isOnvm ? entries : [commandEntry];
    const name = asked !== '' ? asked : known.length === 1 ? (known[0] ?? '') : defaultEntry;
    if (!known.includes(name) || !functions.has(name)) {
        throw new Stop('failed', `The program has no entry point '${name}'.`);
    }
    return { abi: isOnvm ? 'onvm' : 'wasi', name, type: functions.get(name) ?? '' };
}

/** What is not there is a function that says so when it is called: programs import much that they never use. */
function importsOf(module: WebAssembly.Module, host: Host): WebAssembly.Imports {
    const offered: Record<string, Record<string, HostFunction>> = {
        wasi_snapshot_preview1: wasi(host, 64),
        // The name that came before, with a shorter record of a file.
        wasi_unstable: wasi(host, 56),
        env: onvm(host),
    };
    const imports: Record<string, Record<string, HostFunction>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
        const lacks = () => {
            throw lacking(what(name));
        };
        (imports[from] ??= {})[name] = offered[from]?.[name] ?? lacks;
    }
    return imports;
}

const what = (name: string) =>
    name.startsWith('path_')
        ? `files (${name})`
        : name.startsWith('onvm_blob')
          ? `blobs of the market (${name})`
          : name.startsWith('onvm_crypto')
            ? `signatures (${name})`
            : name;
