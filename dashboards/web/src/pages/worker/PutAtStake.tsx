import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { account, settlementToken } from '../../api/queries';
import { requestId } from '../../api/run';
import { readAmount } from '../../text/amount';
import { AmountField } from '../../ui/AmountField';
import { Ask } from '../../ui/Ask';
import { toast } from '../../ui/Toasts';
import { Amount, Id } from '../../ui/Values';

/** Puts money of the caller's account at stake. The same form sent again is the same stake. */
export function PutAtStake({ worker, onClose }: { worker: string; onClose: () => void }) {
    const queries = useQueryClient();
    const token = useQuery(settlementToken).data ?? null;
    const mine = useQuery(account).data;
    const [id, setId] = useState(requestId);
    const [typed, setTyped] = useState('');
    const { units, error } = readAmount(typed, token, mine?.available);
    const put = useMutation({
        mutationFn: (amount: string) =>
            ok(
                api.POST('/v1/workers/{worker}/stake', {
                    params: { path: { worker } },
                    body: { requestId: id, amount },
                }),
            ),
        onSuccess: () => {
            toast('The stake is asked for.');
            void queries.invalidateQueries({ queryKey: ['worker', worker] });
            void queries.invalidateQueries({ queryKey: ['account'] });
            onClose();
        },
    });
    return (
        <Ask
            title="Put money at stake?"
            action="Put it at stake"
            busy={put.isPending}
            error={put.error}
            disabled={units === null}
            onAct={() => units !== null && put.mutate(units)}
            onClose={onClose}
        >
            <p>
                The money of your account is put on hold for worker <Id value={worker} />. If the worker signs a wrong
                result, a dispute may take it. Once taken back, it becomes available again when the market’s time of
                unbonding is over.
            </p>
            <AmountField
                token={token}
                hint={
                    mine === undefined ? undefined : (
                        <>
                            Available: <Amount units={mine.available} />
                        </>
                    )
                }
                error={error}
                typed={typed}
                onType={(text) => {
                    setTyped(text);
                    setId(requestId());
                }}
            />
        </Ask>
    );
}
