import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { Ask } from '../../ui/Ask';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/Toasts';

/** Drains the worker, or lets it take jobs again. */
export function Maintenance({ worker, isOn }: { worker: string; isOn: boolean }) {
    const [asks, setAsks] = useState(false);
    const queries = useQueryClient();
    const change = useMutation({
        mutationFn: (on: boolean) =>
            ok(api.POST('/v1/workers/{worker}/maintenance', { params: { path: { worker } }, body: { on } })),
        onSuccess: ({ maintenance }) => {
            setAsks(false);
            toast(maintenance ? 'The worker gets no new jobs.' : 'The worker gets jobs again.');
            void queries.invalidateQueries({ queryKey: ['worker', worker] });
        },
    });
    const close = () => {
        setAsks(false);
        change.reset();
    };
    return (
        <>
            <Button onClick={() => setAsks(true)}>{isOn ? 'End maintenance' : 'Drain for maintenance'}</Button>
            {asks && (
                <Ask
                    title={isOn ? 'End the maintenance?' : 'Drain this worker?'}
                    action={isOn ? 'End it' : 'Drain it'}
                    busy={change.isPending}
                    error={change.error}
                    onAct={() => change.mutate(!isOn)}
                    onClose={close}
                >
                    <p>
                        {isOn
                            ? 'The worker gets new jobs again.'
                            : 'The worker gets no new jobs until maintenance ends. The jobs that it has go on.'}{' '}
                        The worker’s own account and the operator may do this.
                    </p>
                </Ask>
            )}
        </>
    );
}
