import { blake3 } from '@noble/hashes/blake3.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Invocation } from '../src/replay/host';
import { logBytesMax } from '../src/replay/limits';
import { withMemoryLimit } from '../src/replay/module';
import { GuestRandom } from '../src/replay/random';
import { run } from '../src/replay/run';
import { stateRootOf } from '../src/verify/stateRoot';

const program = (name: string) => new Uint8Array(readFileSync(`../../programs/${name}/${name}.wasm`));
const text = (content: Uint8Array | null) => (content === null ? null : new TextDecoder().decode(content));
const bytes = (digits: string) => Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex'));

const invocation = (module: Uint8Array, input: string, more: Partial<Invocation> = {}): Invocation => ({
    module,
    input: utf8ToBytes(input),
    arguments: [],
    environment: [],
    clock: 1_700_000_000_123_456_700n,
    seed: new Uint8Array(32),
    memoryPages: 256,
    entryPoint: '',
    state: [],
    ...more,
});
const of = (name: string, input: string, more: Partial<Invocation> = {}) => run(invocation(program(name), input, more));

test('a command gets its input and gives its output', async () => {
    const { outcome, output, log } = await of('echo', 'Grüße, 1 2 3');
    assert.deepEqual([outcome, text(output), text(log)], ['completed', 'GRüßE, 1 2 3', '']);
    assert.equal(text((await of('wordcount', 'one two\nthree\n')).output), 'lines 2\nwords 3\nbytes 14\n');
    assert.equal(text((await of('primes', '1000')).output)?.trim(), '168');
});

test('a program goes wrong as programs/README.md says', async () => {
    for (const [input, outcome, exitCode] of [
        ['unreachable', 'trapped', 0],
        ['divide', 'trapped', 0],
        ['overflow', 'trapped', 0],
        ['bounds', 'trapped', 0],
        ['signature', 'trapped', 0],
        ['recursion', 'trapped', 0],
        ['output', 'output_too_large', 0],
        ['exit 7', 'failed', 7],
        ['what', 'failed', 64],
        ['none', 'completed', 0],
    ] as const) {
        const ended = await of('faulty', input);
        assert.deepEqual([input, ended.outcome, ended.exitCode], [input, outcome, exitCode]);
        assert.equal(ended.output === null, outcome !== 'completed');
    }
});

test('a log over its limit is cut, and the cut is marked', async () => {
    const { outcome, log } = await of('faulty', 'log');
    assert.deepEqual([outcome, log.length], ['completed', logBytesMax]);
    assert.ok(text(log)?.endsWith('x\n[log cut]\n'));
});

test('memory ends where the job has no more', async () => {
    assert.equal((await of('faulty', 'memory', { memoryPages: 32 })).outcome, 'trapped');
    assert.equal((await of('echo', '', { memoryPages: 0 })).outcome, 'out_of_memory');
});

test('a memory has the lower one of both limits', () => {
    const module = (memory: string) => bytes(`0061736d 01000000 05${memory} 000401 6e6f6e`);
    for (const [given, pages, made] of [
        ['030100 02', 9, '0401010209'],
        ['04010102 05', 9, '0401010205'],
        ['04010102 05', 3, '0401010203'],
        ['0501010280 01', 200, '050101028001'],
    ] as const) {
        assert.equal(bytesToHex(withMemoryLimit(module(given), pages)).slice(16, 18 + made.length), `05${made}`);
    }
    assert.throws(() => withMemoryLimit(module('0401030205'), 9), /shared/);
    assert.throws(() => withMemoryLimit(module('050100 828004'), 9), /begins with 65538 pages/);
    assert.throws(() => withMemoryLimit(bytes('0061736d 01000000 0501'), 9), /ends too early/);
    assert.throws(() => withMemoryLimit(bytes('0061736d 01000000'), 9), /no memory/);
});

test('randomness is the key stream of RFC 8439, however it is drawn', () => {
    const drawn = new Uint8Array(128);
    const random = new GuestRandom(new Uint8Array(32));
    random.fill(drawn.subarray(0, 5));
    random.fill(drawn.subarray(5, 100));
    random.fill(drawn.subarray(100));
    assert.equal(
        bytesToHex(drawn),
        '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586' +
            '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    );
});

const request = (fields: object) => JSON.stringify(fields);
const stored = (key: string, value: string): [Uint8Array, Uint8Array] => [utf8ToBytes(key), utf8ToBytes(value)];

test('an ONVM program reads its state and its own writes', async () => {
    const state = [stored('b', '2'), stored('a', '1')];
    const listed = text((await of('kvstore', request({ op: 'list' }), { state })).output) ?? '';
    const { entries } = JSON.parse(listed) as { entries: { key: string; checksum: string }[] };
    assert.deepEqual(
        entries.map(({ key, checksum }) => [key, checksum]),
        [
            ['a', bytesToHex(blake3(utf8ToBytes('1')))],
            ['b', bytesToHex(blake3(utf8ToBytes('2')))],
        ],
    );
    const got = await of('kvstore', request({ op: 'get', key: 'b' }), { state });
    assert.equal((JSON.parse(text(got.output) ?? '') as { data_base64: string }).data_base64, btoa('2'));
    assert.equal(got.writes, '0'.repeat(64));
    assert.notEqual((await of('kvstore', request({ op: 'clear' }), { state })).writes, '0'.repeat(64));
});

/** A command in words of the binary format: its imports, and the code of _start. A memory of one page is exported. */
function command(imports: { name: string; type: number }[], code: string): Uint8Array {
    const size = (content: string) => (content.length / 2).toString(16).padStart(2, '0');
    const sized = (content: string) => size(content) + content;
    const name = (letters: string) => sized(bytesToHex(utf8ToBytes(letters)));
    const hex = (value: number) => value.toString(16).padStart(2, '0');
    const section = (id: number, content: string) => hex(id) + sized(content.replaceAll(' ', ''));
    const imported = imports.map((one) => `${name('wasi_snapshot_preview1')}${name(one.name)}00${hex(one.type)}`);
    return bytes(
        '0061736d01000000' +
            // Types: none to none; (i32 i32) to i32; (i32 i64 i32) to i32; (i32 i32 i32 i32) to i32.
            section(1, '04 600000 60027f7f017f 60037f7e7f017f 60047f7f7f7f017f') +
            section(2, hex(imports.length) + imported.join('')) +
            section(3, '0100') +
            section(5, '01 00 01') +
            section(7, `02 ${name('memory')}0200 ${name('_start')}00${hex(imports.length)}`) +
            section(10, `01 ${sized(`00${code.replaceAll(' ', '')}0b`)}`),
    );
}

const types = { two: 1, clock: 2, four: 3 };
/** Writes 8 bytes at 64 to stdout: the buffer's record stands at 0. */
const writeEight = '4100 41c000 360200 4104 4108 360200 4101 4100 4101 4110 1001 1a';

test('the clock stands still at the submission, and chance comes from the job', async () => {
    const asked = (name: string, type: number, call: string) =>
        run(
            invocation(
                command(
                    [
                        { name, type },
                        { name: 'fd_write', type: types.four },
                    ],
                    `${call} 1000 1a ${writeEight}`,
                ),
                '',
            ),
        );
    const clock = await asked('clock_time_get', types.clock, '4101 4200 41c000');
    assert.equal(
        new DataView((clock.output ?? new Uint8Array()).buffer).getBigUint64(0, true),
        1_700_000_000_123_456_700n,
    );
    const chance = await asked('random_get', types.two, '41c000 4108');
    assert.equal(bytesToHex(chance.output ?? new Uint8Array()), '76b8e0ada0f13d90');
});

test('what a replay lacks is named when it is called, and not when it is imported', async () => {
    const unused = [{ name: 'path_open', type: types.four }];
    assert.equal((await run(invocation(command(unused, ''), ''))).outcome, 'completed');
    const { outcome, reason } = await run(invocation(command(unused, '4103 4100 4100 4100 1000 1a'), ''));
    assert.equal(outcome, 'unsupported');
    assert.match(reason, /files \(path_open\)/);
});

test('a module that the browser does not take is said', async () => {
    const { outcome, reason } = await run(invocation(bytes('0061736d01000000 050301000187'), ''));
    assert.equal(outcome, 'unsupported');
    assert.notEqual(reason, '');
});

test('the root of a state is that of the example', () => {
    const lines = readFileSync('../../receipts/STATE.md', 'utf8').split('\n');
    const root = /[0-9a-f]{64}/.exec(lines.find((line) => line.startsWith('    root')) ?? '')?.[0];
    assert.equal(bytesToHex(stateRootOf([stored('a', '1'), stored('b', '2')])), root);
    assert.equal(bytesToHex(stateRootOf([])), '0'.repeat(64));
});
