// What the owner of a worker's stake does at the market's registry (contracts/evm/src/IStakeRegistry.sol), by the transactions of a wallet.
import { addressOf, call, events, functions, hexWord, numberWord, topic } from './abi';
import { allow, amount, ask, checkContracts, type Contracts } from './escrow';
import { findEvents, send, type Provider, type Sent } from './wallet';

const { escrow, registry: calls } = functions;

export interface Member {
    id: string;
    stake: bigint;
    unbonding: bigint;
    /** From when the unbonding part is paid out; milliseconds since 1970. */
    unbondedAt: number;
    isSlashed: boolean;
}

/**
 * What an address has at stake for a worker. The registry's events name it: others may have registered keys of their own under the worker's
 * name, and those are not the address's.
 */
export async function membersOf(
    provider: Provider,
    contracts: Contracts,
    owner: string,
    worker: string,
): Promise<Member[]> {
    await checkContracts(provider, contracts, null);
    const registry = await registryOf(provider, contracts);
    const [createdIn] = await ask(provider, contracts.escrow, call(escrow.createdIn), 1);
    const found = await findEvents(provider, registry, amount(createdIn), [
        topic(events.memberRegistered),
        null,
        `0x${hexWord(owner)}`,
        `0x${hexWord(worker)}`,
    ]);
    return Promise.all(found.map(([, id = '']) => memberOf(provider, registry, id)));
}

async function memberOf(provider: Provider, registry: string, id: string): Promise<Member> {
    const words = await ask(provider, registry, call(calls.memberOf, hexWord(id)), 6);
    const [, , stake = 0n, unbonding = 0n, unbondedAt = 0n, isSlashed = 0n] = words.map(amount);
    return { id, stake, unbonding, unbondedAt: Number(unbondedAt) * 1000, isSlashed: isSlashed !== 0n };
}

const registryOf = async (provider: Provider, contracts: Contracts): Promise<string> =>
    addressOf((await ask(provider, contracts.escrow, call(escrow.registry), 1))[0] ?? '');

/** Lets the registry take the tokens, and adds them to the stake. */
export async function increaseStake(
    provider: Provider,
    contracts: Contracts,
    from: string,
    member: string,
    units: bigint,
    decimals: number | null,
    onStep: (step: string) => void,
): Promise<Sent> {
    await checkContracts(provider, contracts, decimals);
    const registry = await registryOf(provider, contracts);
    await allow(provider, contracts, from, registry, units, () =>
        onStep('Let the registry take the tokens: the wallet asks for a first transaction.'),
    );
    onStep('Add them to the stake: the wallet asks for the transaction.');
    return send(
        provider,
        contracts.chainId,
        from,
        registry,
        call(calls.increaseStake, hexWord(member), numberWord(units)),
    );
}

export async function beginUnbonding(
    provider: Provider,
    contracts: Contracts,
    from: string,
    member: string,
    units: bigint,
): Promise<Sent> {
    const registry = await registryOf(provider, contracts);
    const data = call(calls.beginUnbonding, hexWord(member), numberWord(units));
    return send(provider, contracts.chainId, from, registry, data);
}

export async function withdrawStake(
    provider: Provider,
    contracts: Contracts,
    from: string,
    member: string,
): Promise<Sent> {
    const registry = await registryOf(provider, contracts);
    return send(provider, contracts.chainId, from, registry, call(calls.withdrawStake, hexWord(member)));
}
