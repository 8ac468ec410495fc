// A browser's wallet (EIP-1193, https://eips.ethereum.org/EIPS/eip-1193), asked only after the reader pressed a button.
import { walletError } from './errors';

export interface Provider {
    request: (question: { method: string; params?: unknown[] }) => Promise<unknown>;
    on?: (event: string, listener: () => void) => unknown;
    removeListener?: (event: string, listener: () => void) => unknown;
}

export const findProvider = (): Provider | null => (globalThis as unknown as { ethereum?: Provider }).ethereum ?? null;

const receiptPeriodMs = 1000;

async function ask(provider: Provider, method: string, params: unknown[] = []): Promise<unknown> {
    try {
        return await provider.request({ method, params });
    } catch (error) {
        throw walletError(error);
    }
}

const wrongForm = () => new Error('The wallet gave an answer of another form than EIP-1193 has.');

const text = (answer: unknown): string => {
    if (typeof answer !== 'string') {
        throw wrongForm();
    }
    return answer;
};

/** Has the wallet ask its owner whether this page may see an address. */
export async function connect(provider: Provider): Promise<string | null> {
    return firstOf(await ask(provider, 'eth_requestAccounts'));
}

export const accountOf = async (provider: Provider): Promise<string | null> =>
    firstOf(await ask(provider, 'eth_accounts'));

const firstOf = (answer: unknown): string | null =>
    Array.isArray(answer) && typeof answer[0] === 'string' ? answer[0].toLowerCase() : null;

/** In decimal digits, as the market writes it. */
export const chainOf = async (provider: Provider): Promise<string> =>
    BigInt(text(await ask(provider, 'eth_chainId'))).toString();

export const switchChain = (provider: Provider, chainId: string): Promise<unknown> =>
    ask(provider, 'wallet_switchEthereumChain', [{ chainId: `0x${BigInt(chainId).toString(16)}` }]);

export const read = async (provider: Provider, to: string, data: string): Promise<string> =>
    text(await ask(provider, 'eth_call', [{ to, data }, 'latest']));

/** The indexed values of the events of a contract that have the given ones, from a block on; null: any value. */
export async function findEvents(
    provider: Provider,
    contract: string,
    fromBlock: bigint,
    topics: (string | null)[],
): Promise<string[][]> {
    const filter = { address: contract, fromBlock: `0x${fromBlock.toString(16)}`, toBlock: 'latest', topics };
    const found = await ask(provider, 'eth_getLogs', [filter]);
    if (!Array.isArray(found)) {
        throw wrongForm();
    }
    return found.map((event: unknown) => {
        const { topics: values } = (event ?? {}) as { topics?: unknown };
        if (!Array.isArray(values)) {
            throw wrongForm();
        }
        return values.map(text);
    });
}

export interface Sent {
    hash: string;
    block: string;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends a transaction and waits for its block. What the contract refuses is said before anything is sent. The wallet may have changed to
 * another chain since it was looked at, where another contract may have the address.
 */
export async function send(provider: Provider, chainId: string, from: string, to: string, data: string): Promise<Sent> {
    const now = await chainOf(provider);
    if (now !== chainId) {
        throw new Error(
            `The wallet has changed to chain ${now}. This market settles on chain ${chainId}, so this transaction was not sent.`,
        );
    }
    const transaction = { from, to, data, chainId: `0x${BigInt(chainId).toString(16)}` };
    await ask(provider, 'eth_estimateGas', [transaction]);
    const hash = text(await ask(provider, 'eth_sendTransaction', [transaction]));
    for (;;) {
        const receipt = await ask(provider, 'eth_getTransactionReceipt', [hash]);
        if (typeof receipt === 'object' && receipt !== null) {
            const { status, blockNumber } = receipt as Record<string, unknown>;
            if (status !== '0x1') {
                throw new Error(`The contract refused the transaction ${hash}. Its fee is spent, nothing else is.`);
            }
            return { hash, block: BigInt(text(blockNumber)).toString() };
        }
        await pause(receiptPeriodMs);
    }
}
