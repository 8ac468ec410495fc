import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseHead, parseProof, parseRecord, VerifyError } from '../src/verify/form';
import { checkConsistency, checkHead, checkNext, checkRecord, operationHash, recordHash } from '../src/verify/ledger';
import { hexToBytes } from '@noble/hashes/utils.js';
import { digestOf, hex, nodeHash } from '../src/verify/typed';

// The example of receipts/LEDGER.md, which the market's own code has made.
const text = readFileSync('../../receipts/LEDGER.md', 'utf8');
const lines = text.split('\n').map((line) => line.trim());
const behind = (title: string) => lines[lines.indexOf(title) + 1] ?? '';
const recordLines = lines.filter((line) => line.startsWith('{"index"'));
const headLine = lines.find((line) => line.startsWith('{"format":"marketplace ledger head 1"')) ?? '';
const records = recordLines.map(parseRecord);
const head = parseHead(headLine);
const [first, second, third] = records as [(typeof records)[0], (typeof records)[0], (typeof records)[0]];
const proofOf = (line: string) => parseProof(line);
const proof0 = proofOf(behind('proof of record 0:'));

test('the example’s hashes and digests come out', () => {
    records.forEach((record, index) => {
        assert.equal(hex(operationHash(record.operation)), behind(`hash of operation ${index}:`));
        assert.equal(hex(recordHash(record)), behind(`hash of record ${index}:`));
    });
    assert.equal(
        hex(digestOf(head.domain, operationHash(first.operation))),
        lines[lines.indexOf('digest that its author signs:') + 1],
    );
});

test('the example holds', () => {
    checkHead(head, head.domain, head.head.namespace);
    checkRecord(first, 0n, head, proof0);
    checkNext(first, second, head.domain.market);
    checkNext(second, third, head.domain.market);
    const earlier = {
        ...head,
        head: { ...head.head, size: '2', root: nodeOf(hex(recordHash(first)), hex(recordHash(second))) },
    };
    checkConsistency(earlier, head, proofOf(behind('proof that the first two are the beginning:')));
});

const nodeOf = (left: string, right: string) => hex(nodeHash(hexToBytes(left), hexToBytes(right)));

test('an earlier head with another root is refused', () => {
    const earlier = { ...head, head: { ...head.head, size: '2', root: '11'.repeat(32) } };
    assert.throws(
        () => checkConsistency(earlier, head, proofOf(behind('proof that the first two are the beginning:'))),
        /history was rewritten/,
    );
    const longer = { ...head, head: { ...head.head, size: '9' } };
    assert.throws(() => checkConsistency(longer, head, { from: '9', size: '3', hashes: [] }), /history was cut/);
});

/** Whether a changed text is found out, by its form or by what it says. */
const isRefused = (check: () => void) => {
    try {
        check();
        return false;
    } catch (error) {
        assert.ok(error instanceof VerifyError, `${error}`);
        return true;
    }
};

const changes = (line: string) =>
    line.split('').flatMap((letter, at) => {
        const other = letter === '0' ? '1' : letter === 'a' ? 'b' : '0';
        return letter === other ? [] : [line.slice(0, at) + other + line.slice(at + 1)];
    });

test('a changed character of a record is refused, each', () => {
    const line = recordLines[0] ?? '';
    for (const changed of changes(line)) {
        assert.ok(
            isRefused(() => checkRecord(parseRecord(changed), 0n, head, proof0)),
            changed,
        );
    }
});

test('a changed character of a head is refused, each', () => {
    for (const changed of changes(headLine)) {
        assert.ok(
            isRefused(() => checkHead(parseHead(changed), head.domain, head.head.namespace)),
            changed,
        );
    }
});

test('a changed or shortened proof is refused', () => {
    const [one = '', two = ''] = proof0.hashes;
    for (const hashes of [[], [one], [two, one], [one, two, two], [one, two.replace(/^./, '0')]]) {
        assert.ok(
            isRefused(() => checkRecord(first, 0n, head, { ...proof0, hashes })),
            hashes.join(),
        );
    }
    assert.ok(isRefused(() => checkRecord(second, 1n, head, proof0)));
});

test('a record out of its chain is refused', () => {
    assert.throws(() => checkNext(first, third, head.domain.market), /another record/);
});

test('another spelling of the same record is refused', () => {
    const line = recordLines[0] ?? '';
    assert.throws(() => parseRecord(line.replace('"index":"0"', '"index": "0"')), VerifyError);
    assert.throws(() => parseRecord(line.replace('"index":"0"', '"index":"00"')), VerifyError);
    assert.throws(() => parseRecord(`${line} `), VerifyError);
});
