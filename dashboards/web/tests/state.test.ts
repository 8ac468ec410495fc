import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { base64Bytes, digitsBytes, typedDigits } from '../src/text/bytes';
import { checkProof, parseProof, pathOf, ProofError } from '../src/verify/state';
import { readProofFile, writeProofFile } from '../src/verify/stateFile';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

// The example of receipts/STATE.md, which the market's own code has made.
const lines = readFileSync('../../receipts/STATE.md', 'utf8').split('\n');
const behind = (name: string) =>
    /[0-9a-f]{16,}/.exec(lines.find((line) => line.startsWith(`    ${name}`)) ?? '')?.[0] ?? '';
const root = behind('root');
const present = hexToBytes(behind('proof of a'));
const absent = hexToBytes(behind('no value for c'));
const [a, c] = [utf8ToBytes('a'), utf8ToBytes('c')];

// What a silo answered for the sample kvstore with five keys.
const silo = {
    root: 'a1b79408e4c7b21be3834a739212202cfbdd3f09344ed504c658cf44de6dfbdb',
    value: 'eyJ2YWx1ZSI6ICJhIn0=',
    proof: 'AQEDAADQDnkPJrb7Lp8AMTbnozD1h+c4M5hsgvc3HJ4Vbt+XlAIYg3XoCYFY3bdaPsHZXva9ften7ChWPFqkOEcnytTt5wYVpELBuwkr9ey2gg9PSnCnfY5yN/+24+yK15XDWRHW4Q4AAAB7InZhbHVlIjogImEifQ==',
};

const refused = (under: string, key: Uint8Array, content: Uint8Array) => {
    assert.throws(() => checkProof(under, key, parseProof(content)), ProofError);
};

test('a path is that of the example', () => {
    assert.equal(bytesToHex(pathOf(a)), behind('path of a'));
});

test('the example’s proofs hold', () => {
    assert.deepEqual(checkProof(root, a, parseProof(present)), { present: true, value: utf8ToBytes('1') });
    assert.deepEqual(checkProof(root, c, parseProof(absent)), { present: false });
});

test('a silo’s proof holds', () => {
    const found = checkProof(silo.root, a, parseProof(base64Bytes(silo.proof)));
    assert.deepEqual(found, { present: true, value: base64Bytes(silo.value) });
});

test('a proof with any bit changed is refused', () => {
    for (const [key, proof] of [
        [a, present],
        [c, absent],
    ] as const) {
        for (let bit = 0; bit < proof.length * 8; bit++) {
            const tampered = proof.slice();
            tampered[bit >> 3] = (tampered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            refused(root, key, tampered);
        }
    }
});

test('a proof is refused for another key, another root, cut short or with more behind it', () => {
    refused(root, c, present);
    refused(root, a, absent);
    refused(silo.root, a, present);
    refused(root, a, present.slice(0, -1));
    refused(root, a, Uint8Array.of(...present, 0));
    refused(root, a, new Uint8Array());
});

test('the empty state has one proof and one root', () => {
    const empty = Uint8Array.of(1, 0, 0, 0);
    const zeros = '00'.repeat(32);
    assert.deepEqual(checkProof(zeros, a, parseProof(empty)), { present: false });
    refused(root, a, empty);
    refused(zeros, a, present);
});

test('a proof file has one text', () => {
    const program = `prog${'ab'.repeat(32)}`;
    for (const [key, proof] of [
        [a, present],
        [c, absent],
    ] as const) {
        const text = writeProofFile({ program, root, key, proof: parseProof(proof) });
        assert.equal(writeProofFile(readProofFile(text)), text);
        assert.throws(() => readProofFile(text.replace(',', ', ')), ProofError);
        assert.throws(() => readProofFile(text.replace('state proof 1', 'state proof 2')), ProofError);
    }
    assert.throws(() => readProofFile('{}'), ProofError);
});

test('a key is typed as text or as digits', () => {
    assert.equal(typedDigits('grüße'), '6772c3bcc39f65');
    assert.equal(typedDigits('hex:00FF'), '00ff');
    assert.equal(typedDigits('hex:0'), null);
    assert.deepEqual(digitsBytes('00ff'), Uint8Array.of(0, 255));
    assert.equal(digitsBytes('0'), null);
});
