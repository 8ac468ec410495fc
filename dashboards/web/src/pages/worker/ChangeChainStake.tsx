import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settlementToken } from '../../api/queries';
import { tokensOf, type Contracts } from '../../chain/escrow';
import { beginUnbonding, increaseStake, type Member } from '../../chain/stakes';
import type { Connected } from '../../chain/useWallet';
import { readAmount } from '../../text/amount';
import { AmountField } from '../../ui/AmountField';
import { Ask } from '../../ui/Ask';
import { toast } from '../../ui/Toasts';
import { Amount } from '../../ui/Values';

interface Props {
    kind: 'add' | 'take';
    member: Member;
    wallet: Connected;
    contracts: Contracts;
    onClose: () => void;
}

/** Adds to a stake on the chain, or takes of it back. */
export function ChangeChainStake({ kind, member, wallet: { provider, address }, contracts, onClose }: Props) {
    const queries = useQueryClient();
    const token = useQuery(settlementToken).data ?? null;
    const has = useQuery({
        queryKey: ['wallet', contracts.token, address],
        queryFn: async () => `${await tokensOf(provider, contracts, address)}`,
    });
    const [typed, setTyped] = useState('');
    const [step, setStep] = useState('');
    const adds = kind === 'add';
    const most = adds ? has.data : `${member.stake}`;
    const { units, error } = readAmount(typed, token, most);
    const isReady = units !== null && most !== undefined;
    const change = useMutation({
        mutationFn: (text: string) =>
            adds
                ? increaseStake(provider, contracts, address, member.id, BigInt(text), token?.decimals ?? null, setStep)
                : beginUnbonding(provider, contracts, address, member.id, BigInt(text)),
        onSuccess: () => {
            toast(adds ? 'The stake has grown. It counts from the chain’s next epoch on.' : 'The stake is unbonding.');
            onClose();
        },
        onSettled: () => queries.invalidateQueries({ queryKey: ['wallet'] }),
    });
    return (
        <Ask
            title={adds ? 'Add to the stake on the chain?' : 'Take stake on the chain back?'}
            action={adds ? 'Add it' : 'Take it back'}
            kind={adds ? 'main' : 'danger'}
            busy={change.isPending}
            error={change.error ?? has.error}
            disabled={!isReady}
            onAct={() => isReady && !change.isPending && change.mutate(units)}
            onClose={onClose}
        >
            <p>
                {adds
                    ? 'The tokens go to the market’s registry. Evidence that the worker’s key signed what contradicts itself takes the whole stake.'
                    : 'It counts until the epoch ends, and evidence may take it until it is paid out, by a second step here. Take all, or leave the least stake of the market.'}
            </p>
            <AmountField
                token={token}
                hint={
                    most === undefined ? undefined : (
                        <>
                            {adds ? 'The wallet has ' : 'At stake: '}
                            <Amount units={most} />.
                        </>
                    )
                }
                error={error}
                typed={typed}
                onType={setTyped}
            />
            <p aria-live="polite">{change.isPending && step}</p>
        </Ask>
    );
}
