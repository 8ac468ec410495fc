import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { account, settlementToken } from '../../api/queries';
import { requestId } from '../../api/run';
import { amountText, readAmount } from '../../text/amount';
import { AmountField } from '../../ui/AmountField';
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
    const { units: amount, error } = readAmount(typed, token, available);
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
                    if (isAccount && amount !== null) {
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
                <AmountField
                    token={token}
                    hint={`Available are ${amountText(available, token)}.`}
                    error={error}
                    typed={typed}
                    onType={change(setTyped)}
                />
                <p className={styles.quiet}>
                    The market cannot take a transfer back. The other account has the money then.
                </p>
                {send.isError && <ErrorBox error={send.error} />}
                <div className={styles.row}>
                    <Button kind="main" type="submit" busy={send.isPending} disabled={!isAccount || amount === null}>
                        {amount !== null ? `Send ${amountText(amount, token)}` : 'Send'}
                    </Button>
                    <Button onClick={onClose}>Cancel</Button>
                </div>
            </Form>
        </Dialog>
    );
}
