import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '../../api/client';
import { settlementToken } from '../../api/queries';
import { balanceOf, checkContracts, claim, lastSettled } from '../../chain/escrow';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { ErrorBox, Loaded } from '../../ui/States';
import { toast } from '../../ui/Toasts';
import { Amount, Id } from '../../ui/Values';
import styles from './Money.module.css';
import type { WalletProps } from './WalletPanel';

const settledPeriodMs = 3000;

export const settlementFile = async (number: string): Promise<string> =>
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
        .decode((await bytes(`/v1/settlements/${number}/file`)).bytes)
        .replace(/\n$/, '');

/** What the account has earned by the last settlement on the chain, less what was claimed. */
export function useSettled({ wallet: { provider }, contracts, owner }: WalletProps) {
    const queries = useQueryClient();
    return useQuery({
        queryKey: ['wallet', 'settled', owner],
        queryFn: async () => {
            const token = await queries.query({ ...settlementToken, staleTime: 'static' });
            await checkContracts(provider, contracts, token?.decimals ?? null);
            const [settled, balance] = await Promise.all([
                lastSettled(provider, contracts, owner, settlementFile),
                balanceOf(provider, contracts, owner),
            ]);
            const earned = BigInt(settled.found?.row.earned ?? '0');
            return { ...settled, balance, due: earned > balance.claimed ? earned - balance.claimed : 0n };
        },
        staleTime: 0,
        gcTime: 0,
        retry: false,
        // A row is good for the last settlement alone, and another one may come while the dialog is open.
        refetchInterval: settledPeriodMs,
    });
}

export function Claim(props: WalletProps) {
    const [isOpen, setOpen] = useState(false);
    return (
        <>
            <Button onClick={() => setOpen(true)}>Claim earnings</Button>
            {isOpen && <ClaimDialog {...props} onClose={() => setOpen(false)} />}
        </>
    );
}

function ClaimDialog({ onClose, ...props }: WalletProps & { onClose: () => void }) {
    const { wallet, contracts, owner } = props;
    const queries = useQueryClient();
    const query = useSettled(props);
    const send = useMutation({
        mutationFn: ({ row, path }: NonNullable<NonNullable<typeof query.data>['found']>) =>
            claim(wallet.provider, contracts, wallet.address, row, path),
        onSuccess: () => {
            toast('The earnings are paid.');
            onClose();
            return queries.invalidateQueries({ queryKey: ['account'] });
        },
    });
    return (
        <Dialog title="Claim earnings" onClose={onClose}>
            <Loaded query={query}>
                {({ number, found, due }) =>
                    found === null || due === 0n ? (
                        <p>
                            {number === '0'
                                ? 'The market has settled nothing on the chain yet.'
                                : `By settlement ${number}, the last one on the chain, nothing is due. What was earned since comes with the next.`}
                        </p>
                    ) : (
                        <>
                            <p>
                                By settlement {number}, <Amount units={`${due}`} /> are due. The escrow pays them to{' '}
                                <Id value={owner} />, the account’s address; the wallet pays the fee.
                            </p>
                            {send.isError && <ErrorBox error={send.error} />}
                            <div className={styles.row}>
                                <Button kind="main" busy={send.isPending} onClick={() => send.mutate(found)}>
                                    Claim
                                </Button>
                                <Button onClick={onClose}>Cancel</Button>
                            </div>
                        </>
                    )
                }
            </Loaded>
        </Dialog>
    );
}
