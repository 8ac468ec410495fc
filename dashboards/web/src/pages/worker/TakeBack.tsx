import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import { Ask } from '../../ui/Ask';
import { toast } from '../../ui/Toasts';
import { Amount } from '../../ui/Values';

interface Props {
    worker: string;
    stake: Schemas['Stake'];
    onClose: () => void;
}

export function TakeBack({ worker, stake, onClose }: Props) {
    const queries = useQueryClient();
    const take = useMutation({
        mutationFn: () =>
            ok(
                api.POST('/v1/workers/{worker}/unstake', {
                    params: { path: { worker } },
                    body: { stakes: [stake.requestId] },
                }),
            ),
        onSuccess: () => {
            toast('The stake counts no more, and its money is on its way back.');
            void queries.invalidateQueries({ queryKey: ['worker', worker] });
            void queries.invalidateQueries({ queryKey: ['account'] });
            onClose();
        },
    });
    return (
        <Ask
            title="Take the stake back?"
            action="Take it back"
            kind="danger"
            busy={take.isPending}
            error={take.error}
            onAct={() => take.mutate()}
            onClose={onClose}
        >
            <p>
                The whole stake of <Amount units={stake.amount} /> counts for the worker no more, at once. Its money is
                available again when the market’s time of unbonding is over. Until then disputes may still take it.
            </p>
        </Ask>
    );
}
