import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { Ask } from '../../ui/Ask';
import { Field } from '../../ui/Field';
import { UntrustedBlock } from '../../ui/Text';
import { toast } from '../../ui/Toasts';
import { tooLong } from './WriteAppeal';

interface Props {
    worker: string;
    appeal: Schemas['Appeal'];
    onClose: () => void;
}

/** The operator grants or refuses an appeal, once. */
export function Decide({ worker, appeal, onClose }: Props) {
    const queries = useQueryClient();
    const [granted, setGranted] = useState('');
    const [words, setWords] = useState('');
    const send = useMutation({
        mutationFn: () =>
            ok(
                api.POST('/v1/workers/{worker}/decisions', {
                    params: { path: { worker } },
                    body: { requestId: appeal.requestId, granted: granted === 'yes', words },
                }),
            ),
        onSuccess: () => {
            toast(granted === 'yes' ? 'The appeal is granted.' : 'The appeal is refused.');
            void queries.invalidateQueries({ queryKey: ['worker', worker] });
            onClose();
        },
    });
    return (
        <Ask
            title="Decide on the appeal"
            action="Decide"
            busy={send.isPending}
            error={send.error}
            disabled={granted === '' || words.trim() === '' || tooLong(words) !== null}
            onAct={() => send.mutate()}
            onClose={onClose}
        >
            <UntrustedBlock text={appeal.words} label="The owner’s words" />
            <p>Only the operator may decide, and only once. Its owner reads your words.</p>
            <Field label="Decision">
                {(ids) => (
                    <select {...ids} value={granted} onChange={(event) => setGranted(event.target.value)}>
                        <option value="">Choose…</option>
                        <option value="yes">Grant: the faults count no more</option>
                        <option value="no">Refuse: the faults stay</option>
                    </select>
                )}
            </Field>
            <Field label="Why" error={tooLong(words)}>
                {(ids) => <textarea {...ids} value={words} onChange={(event) => setWords(event.target.value)} />}
            </Field>
        </Ask>
    );
}
