import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { call, callWithTotals, events, functions, hexWord, numberWord, selector } from '../src/chain/abi';
import { refusals, walletError } from '../src/chain/errors';
import { deposit } from '../src/chain/escrow';
import { findRow, parseSettlement, rowHash, treeOf } from '../src/chain/settlement';
import type { Provider } from '../src/chain/wallet';
import { hex, nodeHash } from '../src/verify/typed';

interface Type {
    type: string;
    components?: Type[];
}

interface Entry extends Type {
    name?: string;
    inputs?: Type[];
}

const typeOf = ({ type, components }: Type): string =>
    components === undefined ? type : `(${components.map(typeOf).join()})${type.slice('tuple'.length)}`;

const signaturesOf = (contract: string, kind: string): Set<string> => {
    const { abi } = JSON.parse(readFileSync(`../../contracts/evm/built/${contract}.json`, 'utf8')) as { abi: Entry[] };
    return new Set(
        abi.filter(({ type }) => type === kind).map(({ name, inputs = [] }) => `${name}(${inputs.map(typeOf).join()})`),
    );
};

test('every function and error that is named here is one of the contracts', () => {
    const [escrow, token] = [signaturesOf('Escrow', 'function'), signaturesOf('DevelopmentToken', 'function')];
    Object.values(functions.escrow).forEach((one) => assert.ok(escrow.has(one), one));
    const registry = signaturesOf('StakeRegistry', 'function');
    Object.values(functions.registry).forEach((one) => assert.ok(registry.has(one), one));
    const told = signaturesOf('StakeRegistry', 'event');
    Object.values(events).forEach((one) => assert.ok(told.has(one), one));
    Object.values(functions.token).forEach((one) => assert.ok(token.has(one), one));
    const errors = new Set(
        ['Escrow', 'StakeRegistry', 'DevelopmentToken'].flatMap((contract) => [...signaturesOf(contract, 'error')]),
    );
    Object.keys(refusals).forEach((one) => assert.ok(errors.has(one), one));
});

test('selectors and words are those of the ABI', () => {
    assert.equal(selector('approve(address,uint256)'), '095ea7b3');
    assert.equal(selector('balanceOf(address)'), '70a08231');
    assert.equal(
        call(functions.token.approve, hexWord('0xAB'.padEnd(42, '0')), numberWord(256n)),
        `0x095ea7b3${'0'.repeat(24)}ab${'0'.repeat(38)}${'0'.repeat(61)}100`,
    );
});

test('a value that is no word is refused, for it would move the words behind it', () => {
    const address = '0xab'.padEnd(42, '0');
    for (const wrong of [`${address}${'0'.repeat(24)}${'f'.repeat(64)}`, '', '0x', 'not hexadecimal']) {
        assert.throws(() => hexWord(wrong), /Nothing was sent/);
    }
    assert.throws(() => numberWord(1n << 256n), /Nothing was sent/);
    assert.throws(() => numberWord(-1n), /Nothing was sent/);
});

const contracts = {
    chainId: '31337',
    market: 'a'.repeat(64),
    escrow: `0x${'b'.repeat(40)}`,
    token: `0x${'c'.repeat(40)}`,
};

/** A wallet on the market's chain, whose contracts say that they are the market's, and what it was asked to send. */
function walletOf(decimals: bigint, chains: string[]): { provider: Provider; sent: unknown[] } {
    const sent: unknown[] = [];
    const answers = new Map([
        [call(functions.escrow.market), `0x${contracts.market}`],
        [call(functions.escrow.token), `0x${hexWord(contracts.token)}`],
        [call(functions.token.decimals), `0x${numberWord(decimals)}`],
    ]);
    const request: Provider['request'] = ({ method, params = [] }) => {
        switch (method) {
            case 'eth_chainId':
                return Promise.resolve(chains.length > 1 ? chains.shift() : chains[0]);
            case 'eth_call':
                return Promise.resolve(
                    answers.get((params[0] as { data: string }).data) ?? `0x${numberWord(1n << 200n)}`,
                );
            case 'eth_sendTransaction':
                sent.push(params[0]);
                return Promise.resolve('0x01');
            case 'eth_getTransactionReceipt':
                return Promise.resolve({ status: '0x1', blockNumber: '0x7' });
            default:
                return Promise.resolve('0x1');
        }
    };
    return { provider: { request }, sent };
}

const give = (provider: Provider, decimals: number) =>
    deposit(provider, contracts, contracts.token, contracts.market.slice(24), 5n, decimals, () => undefined);

test('a deposit is sent for the market’s chain alone', async () => {
    const { provider, sent } = walletOf(6n, ['0x7a69']);
    assert.equal((await give(provider, 6)).block, '7');
    assert.deepEqual(
        sent.map((one) => (one as { chainId: string }).chainId),
        ['0x7a69'],
    );
});

test('nothing is sent where the token counts in other decimals than the market says', async () => {
    const { provider, sent } = walletOf(6n, ['0x7a69']);
    await assert.rejects(give(provider, 18), /6\. Amounts here are wrong/);
    assert.deepEqual(sent, []);
});

test('nothing is sent on a chain to which the wallet has changed meanwhile', async () => {
    const { provider, sent } = walletOf(6n, ['0x1']);
    await assert.rejects(give(provider, 6), /has changed to chain 1/);
    assert.deepEqual(sent, []);
});

const lines = readFileSync('../../receipts/SETTLEMENT.md', 'utf8')
    .split('\n')
    .map((line) => line.trim());
const file = parseSettlement(lines.find((line) => line.startsWith('{"format":"marketplace settlement 1"')) ?? '');
const root = file.settlement.accounts;

test('the example’s rows give its root', () => {
    const [row] = file.accounts;
    assert.ok(row !== undefined);
    assert.equal(hex(rowHash(row)), lines[lines.indexOf('hash of the first account:') + 1]);
    assert.equal(treeOf(file.accounts.map(rowHash), 0).root, root);
});

test('each row’s path leads to the root', () => {
    for (const { owner } of file.accounts) {
        const found = findRow(file, root, owner);
        assert.ok(found !== null);
        const { neighbours, lefts } = found.path;
        const led = neighbours.reduce((at, neighbour, index) => {
            const other = Uint8Array.from(Buffer.from(neighbour, 'hex'));
            return ((lefts >> BigInt(index)) & 1n) === 1n ? nodeHash(other, at) : nodeHash(at, other);
        }, rowHash(found.row));
        assert.equal(hex(led), root);
    }
    assert.equal(findRow(file, root, `0x${'9'.repeat(40)}`), null);
});

test('a row that was changed is refused', () => {
    const accounts = file.accounts.map((row, at) => (at === 0 ? { ...row, earned: '601' } : row));
    assert.throws(() => findRow({ ...file, accounts }, root, accounts[0]?.owner ?? ''), /other rows/);
    assert.throws(() => findRow(file, '1'.repeat(64), file.accounts[0]?.owner ?? ''), /other rows/);
});

test('a claim has its row in place and its path behind', () => {
    const row = { owner: `0x${'1'.repeat(40)}`, earned: '600', spent: '0', held: '1' };
    const data = callWithTotals(functions.escrow.claim, row, { neighbours: ['2'.repeat(64)], lefts: 1n });
    const words = data.slice(10).match(/.{64}/g) ?? [];
    assert.deepEqual(
        words.map((word) => (word === '2'.repeat(64) ? 'hash' : BigInt(`0x${word}`).toString(16))),
        ['1'.repeat(40), '258', '0', '1', 'a0', '40', '1', '1', 'hash'],
    );
});

test('what wallets and contracts say becomes a sentence', () => {
    assert.match(walletError({ code: 4001 }).message, /You refused it/);
    assert.match(walletError({ code: 4902 }).message, /does not know/);
    const data = `0x${selector('NothingToPay(address)')}${'0'.repeat(64)}`;
    assert.match(walletError({ code: 3, data }).message, /nothing to pay/);
    assert.match(walletError({ code: -32603, data: { data } }).message, /nothing to pay/);
    assert.match(walletError({ code: -1, message: 'gone' }).message, /gone/);
});
