// Calls of the market's contracts, by the ABI's words of 32 bytes: https://docs.soliditylang.org/en/latest/abi-spec.html
// A test compares the selectors with contracts/evm/built.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const totals = '(address,uint128,uint128,uint128)';
const path = '(bytes32[],uint256)';

/** Every function of the contracts that these pages call, by its signature. */
export const functions = {
    escrow: {
        deposit: 'deposit(address,uint128)',
        requestWithdrawal: 'requestWithdrawal(uint128)',
        cancelWithdrawal: 'cancelWithdrawal()',
        withdraw: `withdraw(${totals},${path})`,
        claim: `claim(${totals},${path})`,
        market: 'market()',
        token: 'token()',
        balanceOf: 'balanceOf(address)',
        lastSettlement: 'lastSettlement()',
        registry: 'registry()',
        createdIn: 'createdIn()',
    },
    registry: {
        increaseStake: 'increaseStake(bytes32,uint128)',
        beginUnbonding: 'beginUnbonding(bytes32,uint128)',
        withdrawStake: 'withdrawStake(bytes32)',
        memberOf: 'memberOf(bytes32)',
    },
    token: {
        approve: 'approve(address,uint256)',
        allowance: 'allowance(address,address)',
        balanceOf: 'balanceOf(address)',
        decimals: 'decimals()',
    },
} as const;

/** The events that these pages look for. */
export const events = {
    memberRegistered: 'MemberRegistered(bytes32,address,bytes32,(bytes32[3]),uint128,uint64)',
} as const;

export const topic = (signature: string): string => `0x${bytesToHex(keccak_256(utf8ToBytes(signature)))}`;

export const selector = (signature: string): string => topic(signature).slice(2, 10);

const wordDigits = 64;

/** What is longer than its word would move all that follows, so that the wallet signs something else. */
function word(digits: string): string {
    if (!/^[0-9a-f]{1,64}$/.test(digits)) {
        throw new Error(
            'A value of the transaction has another form than the market’s contracts take. Nothing was sent.',
        );
    }
    return digits.padStart(wordDigits, '0');
}

export const numberWord = (value: bigint): string => word(value.toString(16));

/** An address or 32 bytes, with or without 0x. */
export const hexWord = (digits: string): string => word(digits.replace(/^0x/, '').toLowerCase());

export const call = (signature: string, ...words: string[]): string => `0x${selector(signature)}${words.join('')}`;

/** The row of an account in a settlement: receipts/SETTLEMENT.md. */
export interface Totals {
    owner: string;
    earned: string;
    spent: string;
    held: string;
}

/** The way from a row to the settlement's root; bit i of `lefts` is set where neighbour i stands on the left. */
export interface Path {
    neighbours: string[];
    lefts: bigint;
}

/** Four words in place, and behind them the offset of the path, which has its own length. */
export function callWithTotals(signature: string, row: Totals, { neighbours, lefts }: Path): string {
    const inPlace = 5n * 32n;
    return call(
        signature,
        hexWord(row.owner),
        numberWord(BigInt(row.earned)),
        numberWord(BigInt(row.spent)),
        numberWord(BigInt(row.held)),
        numberWord(inPlace),
        numberWord(64n),
        numberWord(lefts),
        numberWord(BigInt(neighbours.length)),
        ...neighbours.map(hexWord),
    );
}

/** The words of an answer; throws where it is none of so many. */
export function wordsOf(answer: string, count: number): string[] {
    const digits = answer.replace(/^0x/, '');
    if (digits.length < count * wordDigits || !/^[0-9a-f]*$/i.test(digits)) {
        throw new Error('The contract gave another answer than the market’s contracts give.');
    }
    return Array.from({ length: count }, (_, at) => digits.slice(at * wordDigits, (at + 1) * wordDigits).toLowerCase());
}

export const addressOf = (word: string): string => `0x${word.slice(-40)}`;
