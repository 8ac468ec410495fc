// What the owner of an account does at the market's escrow (contracts/evm/src/IEscrow.sol), by the transactions of a wallet.
import {
    addressOf,
    call,
    callWithTotals,
    functions,
    hexWord,
    numberWord,
    wordsOf,
    type Path,
    type Totals,
} from './abi';
import { findRow, parseSettlement } from './settlement';
import { read, send, type Provider, type Sent } from './wallet';

const { escrow: calls, token: tokens } = functions;

export interface Contracts {
    chainId: string;
    market: string;
    escrow: string;
    token: string;
}

export interface Balance {
    deposited: bigint;
    withdrawn: bigint;
    claimed: bigint;
    requested: bigint;
    /** Of the request. */
    requestedBlock: bigint;
}

export const amount = (word: string | undefined) => BigInt(`0x${word ?? '0'}`);

export async function ask(provider: Provider, to: string, data: string, count: number): Promise<string[]> {
    return wordsOf(await read(provider, to, data), count);
}

/**
 * That the contract on the wallet's chain says to be the escrow of this market, in this token, and that the token counts in the decimals
 * with which this page writes amounts; null: it writes base units. Whether the contract is honest, no page can say.
 */
export async function checkContracts(
    provider: Provider,
    { market, escrow, token }: Contracts,
    decimals: number | null,
): Promise<void> {
    const [known] = await ask(provider, escrow, call(calls.market), 1);
    const [pays] = await ask(provider, escrow, call(calls.token), 1);
    if (known !== market || pays === undefined || addressOf(pays) !== token) {
        throw new Error(
            `The contract ${escrow} on the wallet’s chain is not the escrow of this market. Nothing was sent.`,
        );
    }
    if (decimals !== null) {
        const counted = amount((await ask(provider, token, call(tokens.decimals), 1))[0]);
        if (counted !== BigInt(decimals)) {
            throw new Error(
                `The market says that its token has ${decimals} decimals; on the wallet’s chain it has ${counted}. Amounts here are wrong, and nothing was sent.`,
            );
        }
    }
}

export const tokensOf = async (provider: Provider, { token }: Contracts, address: string): Promise<bigint> =>
    amount((await ask(provider, token, call(tokens.balanceOf, hexWord(address)), 1))[0]);

export async function balanceOf(provider: Provider, { escrow }: Contracts, owner: string): Promise<Balance> {
    const words = await ask(provider, escrow, call(calls.balanceOf, hexWord(owner)), 8);
    const [deposited, withdrawn, claimed, requested, , requestedBlock] = words.map(amount);
    return {
        deposited: deposited ?? 0n,
        withdrawn: withdrawn ?? 0n,
        claimed: claimed ?? 0n,
        requested: requested ?? 0n,
        requestedBlock: requestedBlock ?? 0n,
    };
}

/** Lets the escrow take the tokens, and deposits them for the owner. */
export async function deposit(
    provider: Provider,
    contracts: Contracts,
    from: string,
    owner: string,
    units: bigint,
    decimals: number | null,
    onStep: (step: string) => void,
): Promise<Sent> {
    await checkContracts(provider, contracts, decimals);
    const { chainId, escrow } = contracts;
    await allow(provider, contracts, from, escrow, units, () =>
        onStep('Let the escrow take the tokens: the wallet asks for a first transaction.'),
    );
    onStep('Deposit them: the wallet asks for the transaction.');
    return send(provider, chainId, from, escrow, call(calls.deposit, hexWord(owner), numberWord(units)));
}

/** Lets a contract of the market take tokens, where it may not yet take so many. */
export async function allow(
    provider: Provider,
    contracts: Contracts,
    from: string,
    spender: string,
    units: bigint,
    onNeeded: () => void,
): Promise<void> {
    const { chainId, token } = contracts;
    if ((await tokensOf(provider, contracts, from)) < units) {
        throw new Error('The wallet’s address has fewer tokens than that. Nothing was sent.');
    }
    const allowed = amount((await ask(provider, token, call(tokens.allowance, hexWord(from), hexWord(spender)), 1))[0]);
    if (allowed < units) {
        onNeeded();
        // Some tokens change no allowance but from or to zero.
        if (allowed > 0n) {
            await send(provider, chainId, from, token, call(tokens.approve, hexWord(spender), numberWord(0n)));
        }
        await send(provider, chainId, from, token, call(tokens.approve, hexWord(spender), numberWord(units)));
    }
}

export const requestWithdrawal = (
    provider: Provider,
    { chainId, escrow }: Contracts,
    from: string,
    units: bigint,
): Promise<Sent> => send(provider, chainId, from, escrow, call(calls.requestWithdrawal, numberWord(units)));

export const cancelWithdrawal = (provider: Provider, { chainId, escrow }: Contracts, from: string): Promise<Sent> =>
    send(provider, chainId, from, escrow, call(calls.cancelWithdrawal));

export interface Settled {
    number: string;
    /** The block up to which it has counted. */
    block: bigint;
    /** The owner's row by the last settlement on the chain; null: it does not name the owner. */
    found: { row: Totals; path: Path } | null;
}

/** What the last settlement on the chain says of an owner, from the market's file, whose root is the chain's. */
export async function lastSettled(
    provider: Provider,
    { escrow }: Contracts,
    owner: string,
    fileOf: (number: string) => Promise<string>,
): Promise<Settled> {
    const words = await ask(provider, escrow, call(calls.lastSettlement), 7);
    const [number, block] = [amount(words[0]).toString(), amount(words[2])];
    if (number === '0') {
        return { number, block, found: null };
    }
    return { number, block, found: findRow(parseSettlement(await fileOf(number)), words[3] ?? '', owner) };
}

export const claim = (
    provider: Provider,
    { chainId, escrow }: Contracts,
    from: string,
    row: Totals,
    path: Path,
): Promise<Sent> => send(provider, chainId, from, escrow, callWithTotals(calls.claim, row, path));

export const withdraw = (
    provider: Provider,
    { chainId, escrow }: Contracts,
    from: string,
    row: Totals,
    path: Path,
): Promise<Sent> => send(provider, chainId, from, escrow, callWithTotals(calls.withdraw, row, path));
