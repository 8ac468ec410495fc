import { logBytesMax, outputBytesMax } from './limits';
import { GuestMemory } from './memory';
import { GuestRandom } from './random';
import type { GuestState } from './guestState';
import { Stop } from './stop';
import { GuestLog, GuestOutput } from './streams';

/** What a run is given: the invocation of a receipt, with the bytes that it names. */
export interface Invocation {
    module: Uint8Array;
    input: Uint8Array;
    arguments: string[];
    /** Ascending by name. */
    environment: { name: string; value: string }[];
    /** Nanoseconds since 1970. */
    clock: bigint;
    /** The job's id. */
    seed: Uint8Array;
    memoryPages: number;
    /** Empty: the program's only one. */
    entryPoint: string;
    /** Keys of the program's state with their values. */
    state: [Uint8Array, Uint8Array][];
}

export type Abi = 'wasi' | 'onvm';

export type HostFunction = (...given: never[]) => number | bigint;

/** What the host functions of one run share. */
export class Host {
    readonly abi: Abi;
    readonly invocation: Invocation;
    readonly state: GuestState;
    readonly output = new GuestOutput(outputBytesMax);
    readonly log = new GuestLog(logBytesMax);
    readonly random: GuestRandom;
    /** What a command has not read of its input yet; an ONVM program gets its input as an argument. */
    inputLeft: Uint8Array;
    #memory: GuestMemory | null = null;

    constructor(abi: Abi, invocation: Invocation, state: GuestState) {
        [this.abi, this.invocation, this.state] = [abi, invocation, state];
        this.random = new GuestRandom(invocation.seed);
        this.inputLeft = abi === 'wasi' ? invocation.input : new Uint8Array();
    }

    /** There from the first call of a started program on; one whose start function calls the host has none yet. */
    get memory(): GuestMemory {
        if (this.#memory === null) {
            throw new Stop('unsupported', 'The program calls its host before it has been started.');
        }
        return this.#memory;
    }

    begin(memory: WebAssembly.Memory): void {
        this.#memory = new GuestMemory(memory);
    }

    /** What an ONVM program prints is log: it returns its output. */
    print(content: Uint8Array): void {
        (this.abi === 'wasi' ? this.output : this.log).append(content);
    }

    exit(code: number): Stop {
        if (this.abi === 'onvm') {
            return new Stop('failed', `The program exited with code ${code} before it returned its output.`, code);
        }
        return code === 0
            ? new Stop('completed', 'The program exited with code 0.')
            : new Stop('failed', `The program exited with code ${code}.`, code);
    }
}
