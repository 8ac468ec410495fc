import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok } from '../../api/client';
import { requestId } from '../../api/run';
import { Ask } from '../../ui/Ask';
import { Field } from '../../ui/Field';
import { toast } from '../../ui/Toasts';
import { reasonBytesMax } from './admissions';

interface Props {
    worker: string;
    admitted: boolean;
    /** It works here now. */
    isIn?: boolean;
    onClose: () => void;
}

/** The operator lets a worker in or refuses it, with a reason. */
export function Decision({ worker, admitted, isIn = false, onClose }: Props) {
    const queries = useQueryClient();
    const [id] = useState(requestId);
    const [reason, setReason] = useState('');
    const tooLong =
        new TextEncoder().encode(reason).length > reasonBytesMax ? `Give at most ${reasonBytesMax} bytes.` : null;
    const send = useMutation({
        mutationFn: () =>
            ok(
                api.POST('/v1/admissions/{worker}/decisions', {
                    params: { path: { worker } },
                    body: { requestId: id, admitted, reason },
                }),
            ),
        onSuccess: () => {
            toast(admitted ? 'The worker is let in.' : 'The worker is refused.');
            void queries.invalidateQueries({ queryKey: ['admissions'] });
            onClose();
        },
    });
    return (
        <Ask
            title={admitted ? 'Let the worker in' : isIn ? 'Take the admission back' : 'Refuse the worker'}
            action={admitted ? 'Let it in' : isIn ? 'Take it back' : 'Refuse it'}
            kind={admitted ? 'main' : 'danger'}
            busy={send.isPending}
            error={send.error}
            disabled={reason.trim() === '' || tooLong !== null}
            onAct={() => send.mutate()}
            onClose={onClose}
        >
            <p>
                Worker <code>{worker.slice(0, 16)}…</code>{' '}
                {admitted
                    ? 'comes in at its next try, within seconds. It runs jobs of all accounts and is paid for them. You can take this back.'
                    : isIn
                      ? 'is disconnected, and is not let in again. What it runs is run again elsewhere. You can let it in later.'
                      : 'is not let in, and hears your reason at each try. You can let it in later.'}
            </p>
            <Field
                label="Why"
                error={tooLong}
                hint={admitted ? 'Operators of this market read it.' : 'The worker’s owner reads it.'}
            >
                {(ids) => <textarea {...ids} value={reason} onChange={(event) => setReason(event.target.value)} />}
            </Field>
        </Ask>
    );
}
