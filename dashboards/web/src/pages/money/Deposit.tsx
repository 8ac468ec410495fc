import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settlement, settlementToken } from '../../api/queries';
import { deposit, tokensOf } from '../../chain/escrow';
import { amountText, readAmount } from '../../text/amount';
import { count } from '../../text/numbers';
import { AmountField } from '../../ui/AmountField';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Form } from '../../ui/Field';
import { ErrorBox } from '../../ui/States';
import { Amount, Id } from '../../ui/Values';
import styles from './Money.module.css';
import type { WalletProps } from './WalletPanel';

export function Deposit(props: WalletProps) {
    const [isOpen, setOpen] = useState(false);
    return (
        <>
            <Button kind="main" onClick={() => setOpen(true)}>
                Deposit
            </Button>
            {isOpen && <DepositDialog {...props} onClose={() => setOpen(false)} />}
        </>
    );
}

function DepositDialog({
    wallet: { provider, address },
    contracts,
    owner,
    onClose,
}: WalletProps & { onClose: () => void }) {
    const token = useQuery(settlementToken).data ?? null;
    const queries = useQueryClient();
    const [typed, setTyped] = useState('');
    const [step, setStep] = useState('');
    const isOwn = address === owner.toLowerCase();
    const [gives, setGives] = useState(false);
    const has = useQuery({
        queryKey: ['wallet', contracts.token, address],
        queryFn: async () => `${await tokensOf(provider, contracts, address)}`,
    });
    const { units, error } = readAmount(typed, token, has.data);
    const isReady = units !== null && (isOwn || gives);
    const send = useMutation({
        mutationFn: (amount: string) =>
            deposit(provider, contracts, address, owner, BigInt(amount), token?.decimals ?? null, setStep),
        onSettled: () =>
            Promise.all([
                queries.invalidateQueries({ queryKey: ['wallet'] }),
                queries.invalidateQueries({ queryKey: ['account'] }),
            ]),
    });
    if (send.isSuccess) {
        return (
            <Dialog title="The deposit is made" onClose={onClose}>
                <Counted block={Number(send.data.block)} />
                <p>
                    Transaction <Id value={send.data.hash} />, in block {count(Number(send.data.block))}.
                </p>
                <div>
                    <Button onClick={onClose}>Close</Button>
                </div>
            </Dialog>
        );
    }
    return (
        <Dialog title="Deposit" onClose={onClose}>
            <Form
                onSubmit={() => {
                    if (isReady && !send.isPending) {
                        send.mutate(units);
                    }
                }}
            >
                <AmountField
                    token={token}
                    hint={
                        has.data === undefined ? undefined : (
                            <>
                                The wallet has <Amount units={has.data} />.
                            </>
                        )
                    }
                    error={error}
                    typed={typed}
                    onType={setTyped}
                />
                <p>
                    The tokens go to the market’s escrow <Id value={contracts.escrow} length={12} /> for{' '}
                    <Id value={owner} length={12} />, the account’s address, which alone can take back what is not
                    spent. The wallet asks twice: once to let the escrow take them, once to deposit them. Compare what
                    it shows with what stands here.
                </p>
                {!isOwn && (
                    <label className={styles.choice}>
                        <input type="checkbox" checked={gives} onChange={(event) => setGives(event.target.checked)} />
                        The wallet’s address is another one than the account’s. I give the tokens to the account, and
                        the wallet’s address cannot take them back.
                    </label>
                )}
                {has.isError && <ErrorBox error={has.error} />}
                {send.isError && <ErrorBox error={send.error} />}
                <p aria-live="polite">{send.isPending && step}</p>
                <div className={styles.row}>
                    <Button kind="main" type="submit" busy={send.isPending} disabled={!isReady}>
                        {units !== null ? `Deposit ${amountText(units, token)}` : 'Deposit'}
                    </Button>
                    <Button onClick={onClose}>Cancel</Button>
                </div>
            </Form>
        </Dialog>
    );
}

/** A deposit can be spent when the market has counted its block. */
function Counted({ block }: { block: number }) {
    const { data } = useQuery({ ...settlement, refetchInterval: 1000 });
    return (
        <p aria-live="polite">
            {data !== undefined && data.counted >= block
                ? 'The market has counted it: the money can be spent within moments.'
                : `The market has not counted its block yet${data === undefined ? '' : `; it has counted up to ${count(data.counted)}`}.`}
        </p>
    );
}
