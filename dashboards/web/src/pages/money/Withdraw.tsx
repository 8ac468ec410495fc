import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settlementToken } from '../../api/queries';
import { cancelWithdrawal, requestWithdrawal, withdraw } from '../../chain/escrow';
import type { Sent } from '../../chain/wallet';
import { amountText, readAmount } from '../../text/amount';
import { AmountField } from '../../ui/AmountField';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Form } from '../../ui/Field';
import { ErrorBox, Loaded } from '../../ui/States';
import { toast } from '../../ui/Toasts';
import { Amount } from '../../ui/Values';
import { useSettled } from './Claim';
import styles from './Money.module.css';
import type { WalletProps } from './WalletPanel';

/** Takes deposits back that are not spent: a request, a settlement that counts it, and the payment. */
export function Withdraw(props: WalletProps) {
    const [isOpen, setOpen] = useState(false);
    return (
        <>
            <Button onClick={() => setOpen(true)}>Withdraw</Button>
            {isOpen && <WithdrawDialog {...props} onClose={() => setOpen(false)} />}
        </>
    );
}

function WithdrawDialog({ onClose, ...props }: WalletProps & { onClose: () => void }) {
    const {
        wallet: { provider, address },
        contracts,
    } = props;
    const queries = useQueryClient();
    const query = useSettled(props);
    const act = useMutation({
        mutationFn: ({ run }: { run: () => Promise<Sent>; done: string }) => run(),
        onSuccess: async (_, { done }) => {
            toast(done);
            await queries.invalidateQueries({ queryKey: ['wallet'] });
            await queries.invalidateQueries({ queryKey: ['account'] });
        },
    });
    return (
        <Dialog title="Withdraw" onClose={onClose}>
            <Loaded query={query}>
                {({ balance: { deposited, withdrawn, requested, requestedBlock }, found, block }) =>
                    requested === 0n ? (
                        <Request
                            most={`${deposited - withdrawn}`}
                            isBusy={act.isPending}
                            onAsk={(units) =>
                                act.mutate({
                                    run: () => requestWithdrawal(provider, contracts, address, BigInt(units)),
                                    done: 'The withdrawal is asked for.',
                                })
                            }
                        />
                    ) : (
                        <>
                            <p>
                                <Amount units={`${requested}`} /> are asked for. The escrow pays what of it is free,
                                once a settlement has counted the request and its time has passed; the request ends
                                then, also where only a part is free.
                            </p>
                            <div className={styles.row}>
                                <Button
                                    kind="main"
                                    busy={act.isPending}
                                    disabled={found === null || block < requestedBlock}
                                    onClick={() =>
                                        found !== null &&
                                        act.mutate({
                                            run: () => withdraw(provider, contracts, address, found.row, found.path),
                                            done: 'The withdrawal is paid.',
                                        })
                                    }
                                >
                                    Have it paid
                                </Button>
                                <Button
                                    busy={act.isPending}
                                    onClick={() =>
                                        act.mutate({
                                            run: () => cancelWithdrawal(provider, contracts, address),
                                            done: 'The request is ended; the money goes back into the books.',
                                        })
                                    }
                                >
                                    End the request
                                </Button>
                            </div>
                            <p className={styles.quiet} aria-live="polite">
                                {block < requestedBlock
                                    ? 'No settlement has counted the request yet. It is paid after the next one.'
                                    : found === null
                                      ? 'The last settlement does not name the account’s address yet.'
                                      : ''}
                            </p>
                        </>
                    )
                }
            </Loaded>
            {act.isError && <ErrorBox error={act.error} />}
        </Dialog>
    );
}

function Request({ most, isBusy, onAsk }: { most: string; isBusy: boolean; onAsk: (units: string) => void }) {
    const token = useQuery(settlementToken).data ?? null;
    const [typed, setTyped] = useState('');
    const { units, error } = readAmount(typed, token, most);
    return (
        <Form onSubmit={() => units !== null && onAsk(units)}>
            <AmountField
                token={token}
                hint={`Deposited are ${amountText(most, token)}, less what was spent.`}
                error={error}
                typed={typed}
                onType={setTyped}
            />
            <p>
                The market sets the money aside: jobs cannot spend it from the next blocks on. It is paid later, by a
                second step here.
            </p>
            <div>
                <Button kind="main" type="submit" busy={isBusy} disabled={units === null}>
                    Ask for it
                </Button>
            </div>
        </Form>
    );
}
