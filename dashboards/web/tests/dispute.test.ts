import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evidenceOf, hasSigned, parseDispute, verdictOf } from '../src/verify/dispute';

// The example of receipts/DISPUTE.md, which the market's own code has made.
const line =
    readFileSync('../../receipts/DISPUTE.md', 'utf8')
        .split('\n')
        .find((one) => one.startsWith('  {"format":"marketplace dispute 1"')) ?? '';
const bytesOf = (text: string) => new TextEncoder().encode(text.trim());
const example = () => parseDispute(bytesOf(line));

test('the example’s results are those that its votes name', () => {
    const file = example();
    const evidence = evidenceOf(file);
    assert.equal(
        evidence.reduce((count, { votes }) => count + votes.length, 0),
        file.dispute.votes.length,
    );
    assert.deepEqual(
        evidence.map(({ isVerdict }) => isVerdict),
        [false, true, false],
    );
    assert.deepEqual(
        evidence.map(({ isAccepted }) => isAccepted),
        [true, false, false],
    );
    assert.deepEqual(
        evidence.map(({ isOfMachine }) => isOfMachine),
        [false, false, true],
    );
});

test('all workers of the example have signed, one of them in a batch', () => {
    assert.ok(evidenceOf(example()).every(({ votes }) => votes.every(({ isSigned }) => isSigned)));
});

test('a changed result belongs to no vote', () => {
    const file = example();
    const [first] = file.dispute.results;
    assert.ok(first !== undefined);
    first.fuel = '8';
    assert.equal(evidenceOf(file)[0]?.votes.length, 0);
});

test('a signature of another worker, another market or with a changed bit does not hold', () => {
    const swapped = example();
    swapped.workerSignatures.reverse();
    assert.equal(hasSigned(swapped, 0), false);

    const elsewhere = example();
    elsewhere.domain.chainId = '1';
    assert.equal(hasSigned(elsewhere, 0), false);

    const changed = example();
    const signed = changed.workerSignatures[1];
    assert.ok(signed !== undefined);
    signed.signature = signed.signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    assert.equal(hasSigned(changed, 1), false);
});

test('another file is no dispute', () => {
    assert.throws(() => parseDispute(bytesOf('{"format":"marketplace receipt 1"}')));
});

test('the verdict is counted from the jurors’ signed votes', () => {
    const file = example();
    assert.equal(verdictOf(file, evidenceOf(file)), file.dispute.verdict);

    const forged = example();
    const signed = forged.workerSignatures.at(-1);
    assert.ok(signed !== undefined);
    signed.signature = signed.signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    assert.equal(verdictOf(forged, evidenceOf(forged)), file.dispute.verdict);

    // Without the forged vote another juror's is one too many.
    forged.dispute.lead = '3';
    assert.equal(verdictOf(forged, evidenceOf(forged)), '0'.repeat(64));
});
