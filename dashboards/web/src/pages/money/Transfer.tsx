import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { account, settlementToken } from '../../api/queries';
import { requestId } from '../../api/run';
import { amountText, parseAmount } from '../../text/amount';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Field, Form } from '../../ui/Field';
import { ErrorBox } from '../../ui/States';
import { toast } from '../../ui/Toasts';
import styles from './Money.module.css';

/** Sends money. One request id as long as the same form is tried again, so a lost answer sends nothing twice. */
export function Transfer({ available, onClose }: { available: string; onClose: () => void }) {
    const token = useQuery(settlementToken).data ?? null;
    const queries = useQueryClient();
    const [to, setTo] = useState('');
    const [typed, setTyped] = useState('');
    const [request, setRequest] = useState(() => ({ id: requestId(), at: new Date().toISOString() }));
    const isAccount = /^[0-9a-f]{64}$/.test(to.trim());
    const amount = parseAmount(typed, token);
    const isEnough = amount !== null && amount !== '0' && BigInt(amount) <= BigInt(available);
    const change = (set: (text: string) => void) => (text: string) => {
        set(text);
        setRequest({ id: requestId(), at: new Date().toISOString() });
    };
    const send = useMutation({
        mutationFn: (units: string) =>
            ok(
                api.POST('/v1/transfers', {
                    body: { requestId: request.id, to: to.trim(), amount: units, at: request.at },
                }),
            ),
        onSuccess: async (_, units) => {
            toast(`${amountText(units, token)} are sent.`);
            onClose();
            await queries.invalidateQueries({ queryKey: account.queryKey });
        },
    });
    return (
        <Dialog title="Send money" onClose={onClose}>
            <Form
                onSubmit={() => {
                    if (isAccount && isEnough) {
                        send.mutate(amount);
                    }
                }}
            >
                <Field
                    label="To"
                    hint="The id of an account: 64 digits."
                    error={to !== '' && !isAccount ? 'An account’s id has 64 digits from 0 to 9 and a to f.' : null}
                >
                    {(ids) => (
                        <input
                            {...ids}
                            value={to}
                            maxLength={80}
                            spellCheck={false}
                            onChange={(event) => change(setTo)(event.target.value)}
                        />
                    )}
                </Field>
                <Field
                    label={token === null ? 'Amount, in base units' : `Amount, in ${token.symbol}`}
                    hint={`Available are ${amountText(available, token)}.`}
                    error={
                        typed === '' || isEnough
                            ? null
                            : amount !== null && amount !== '0'
                              ? `That is more than ${amountText(available, token)}, which are available.`
                              : 'Give an amount above zero.'
                    }
                >
                    {(ids) => (
                        <input
                            {...ids}
                            inputMode="decimal"
                            value={typed}
                            onChange={(event) => change(setTyped)(event.target.value)}
                        />
                    )}
                </Field>
                <p className={styles.quiet}>
                    The market cannot take a transfer back. The other account has the money then.
                </p>
                {send.isError && <ErrorBox error={send.error} />}
                <div className={styles.row}>
                    <Button kind="main" type="submit" busy={send.isPending} disabled={!isAccount || !isEnough}>
                        {isEnough ? `Send ${amountText(amount, token)}` : 'Send'}
                    </Button>
                    <Button onClick={onClose}>Cancel</Button>
                </div>
            </Form>
        </Dialog>
    );
}
