import { ApiError, api, bytes, ok } from '../api/client';
import { base64Bytes, digitsBytes, hexDigits } from '../text/bytes';
import { entriesOf, stateRootOf, type Entry } from '../verify/stateRoot';
import type { Invocation } from './host';
import { inputBytesMax, moduleBytesMax, outputBytesMax, runMsMax, stateBytesMax } from './limits';
import type { Ended } from './run';
import ReplayWorker from './replayWorker?worker';

/** What a receipt says was run and came of it: the members that a replay reads. */
export interface Execution {
    invocation: {
        job: string;
        program: string;
        module: string;
        entryPoint: string;
        arguments: string[];
        environment: { name: string; value: string }[];
        input: string;
        files: unknown[];
        clock: bigint;
        memoryPages: bigint;
    };
    result: {
        outcome: string;
        exitCode: bigint;
        output: string;
        outputFiles: unknown[];
        stateBefore: string;
        writes: string;
    };
}

/** The job cannot be run again here; the message says why. */
export class ReplayRefused extends Error {}

const nothing = /^0*$/;
const notRun = ['not_run', 'input_unavailable', 'invalid_module'];

const blobId = async (content: Uint8Array) =>
    (await import('../../../../receipts/verifier/verify.mjs')).blobId([content]);

async function limited(path: string, what: string, max: number): Promise<Uint8Array<ArrayBuffer>> {
    const { bytes: content, size } = await bytes(path, max);
    if (size > content.length) {
        throw new ReplayRefused(`${what} has ${size} bytes, and a replay in a browser takes ${max}.`);
    }
    return content;
}

async function checked(content: Uint8Array<ArrayBuffer>, id: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
    const seen = await blobId(content);
    if (seen !== id) {
        throw new ReplayRefused(`${what} that the silo gives is ${seen}; the receipt says ${id}.`);
    }
    return content;
}

/** The execution of a receipt that holds. */
export async function executionOf(job: string, market: string): Promise<Execution> {
    const { verify } = await import('../../../../receipts/verifier/verify.mjs');
    const { holds, checks, file } = verify((await bytes(`/v1/jobs/${job}/receipt`)).bytes, { market });
    if (!holds) {
        const broken = checks.find(({ result }) => result === 'broken');
        throw new ReplayRefused(`The receipt does not hold: ${broken?.finding ?? ''}`);
    }
    return (file as { receipt: { execution: Execution } }).receipt.execution;
}

/** All that the run is given, each part compared with the receipt. */
export async function invocationOf(job: string, { invocation, result }: Execution): Promise<Invocation> {
    if (notRun.includes(result.outcome)) {
        throw new ReplayRefused('The job ended without a run, so there is nothing to run again.');
    }
    if (invocation.files.length > 0 || result.outputFiles.length > 0) {
        throw new ReplayRefused("The job has files, which a browser's replay does not have.");
    }
    const module = await limited(`/v1/blobs/${invocation.module}`, 'The module', moduleBytesMax).catch(
        (error: unknown) => {
            throw error instanceof ApiError && error.code === 'blob_not_found'
                ? new ReplayRefused("Your account does not keep the program's module, so the silo does not give it.")
                : error;
        },
    );
    const input = await limited(`/v1/jobs/${job}/input`, 'The input', inputBytesMax);
    return {
        module: await checked(module, invocation.module, 'The module'),
        input: await checked(input, invocation.input, 'The input'),
        arguments: invocation.arguments,
        environment: invocation.environment,
        clock: invocation.clock,
        seed: digitsBytes(invocation.job) ?? new Uint8Array(),
        memoryPages: Number(invocation.memoryPages),
        entryPoint: invocation.entryPoint,
        state: await stateAt(invocation.program, result.stateBefore),
    };
}

/** The whole state under a root, which its entries give again. */
async function stateAt(program: string, root: string): Promise<Entry[]> {
    if (nothing.test(root)) {
        return [];
    }
    const entries: Entry[] = [];
    let size = 0;
    let after: string | undefined;
    do {
        const part = await ok(
            api.GET('/v1/programs/{program}/state:export', { params: { path: { program }, query: { root, after } } }),
        );
        const chunk = entriesOf(base64Bytes(part.chunk));
        size += chunk.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
        if (size > stateBytesMax) {
            throw new ReplayRefused(`The program's state has more than ${stateBytesMax} bytes.`);
        }
        entries.push(...chunk);
        after = part.next;
    } while (after !== undefined);
    if (hexDigits(stateRootOf(entries)) !== root) {
        throw new ReplayRefused(`The state that the silo gives is not that of root ${root}.`);
    }
    return entries;
}

/** Why a run has no end: a person or the time stopped it. */
export type Stopped = 'person' | 'time';

/** The run, in a thread that can be ended at any moment. */
export function start(invocation: Invocation): { ended: Promise<Ended | Stopped>; stop: () => void } {
    const worker = new ReplayWorker();
    let stop = () => {};
    const ended = new Promise<Ended | Stopped>((resolve, reject) => {
        const timer = setTimeout(() => finish(() => resolve('time')), runMsMax);
        const finish = (settle: () => void) => {
            clearTimeout(timer);
            worker.terminate();
            settle();
        };
        stop = () => finish(() => resolve('person'));
        worker.onmessage = ({ data }: MessageEvent<Ended>) => finish(() => resolve(data));
        worker.onerror = () =>
            finish(() => reject(new ReplayRefused('The browser did not start or keep the thread of the run.')));
        worker.postMessage(invocation);
    });
    return { ended, stop };
}

/** What the silo says that came out; null where it gives no output. */
export async function storedOutput(job: string, { result }: Execution): Promise<string | null> {
    return result.outcome === 'completed'
        ? blobId(await limited(`/v1/jobs/${job}/output`, 'The output', outputBytesMax))
        : null;
}

export const outputId = async ({ output }: Ended): Promise<string | null> => (output === null ? null : blobId(output));
