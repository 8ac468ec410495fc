import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amountText, parseAmount, readAmount } from '../src/text/amount';

const dev = { symbol: 'DEV', decimals: 6 };

test('amounts are written exactly', () => {
    assert.equal(amountText('0', null), '0');
    assert.equal(amountText('1234567', null), '1,234,567');
    assert.equal(amountText('1234567', dev), '1.234567 DEV');
    assert.equal(amountText('1000000', dev), '1 DEV');
    assert.equal(amountText('1', dev), '0.000001 DEV');
    assert.equal(
        amountText('340282366920938463463374607431768211455', { symbol: 'E', decimals: 18 }),
        '340,282,366,920,938,463,463.374607431768211455 E',
    );
});

test('typed amounts become base units', () => {
    assert.equal(parseAmount('1.5', dev), '1500000');
    assert.equal(parseAmount('0.000001', dev), '1');
    assert.equal(parseAmount('1,000', null), '1000');
    assert.equal(parseAmount('007', null), '7');
    assert.equal(parseAmount(' 2 ', dev), '2000000');
});

test('what is no amount is refused', () => {
    for (const text of ['', '.5', '-1', '1e3', '1.5', '0x10', '١', '1.2.3', 'ten']) {
        assert.equal(parseAmount(text, null), null, text);
    }
    assert.equal(parseAmount('0.0000001', dev), null);
});

test('what is written can be typed again', () => {
    for (const units of ['1', '999999', '1000000', '123456789012345678901234567890']) {
        assert.equal(parseAmount(amountText(units, dev).replace(' DEV', ''), dev), units);
    }
});

test('a field takes amounts above zero and up to what there is', () => {
    assert.deepEqual(readAmount('2', dev, '2000000'), { units: '2000000', error: null });
    assert.deepEqual(readAmount('', dev, '2000000'), { units: null, error: null });
    assert.match(readAmount('0', dev).error ?? '', /above zero/);
    assert.match(readAmount('2.000001', dev, '2000000').error ?? '', /more than 2 DEV/);
});
