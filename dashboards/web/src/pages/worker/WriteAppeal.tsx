import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { requestId } from '../../api/run';
import { Ask } from '../../ui/Ask';
import { Field } from '../../ui/Field';
import { Untrusted } from '../../ui/Text';
import { toast } from '../../ui/Toasts';
import styles from './Worker.module.css';

interface Props {
    worker: string;
    faults: Schemas['Fault'][];
    onClose: () => void;
}

const wordsMax = 4096;

export const bytesOf = (text: string) => new TextEncoder().encode(text).length;

export const tooLong = (words: string) => (bytesOf(words) > wordsMax ? 'Give at most 4,096 bytes.' : null);

/** The owner names faults and says why they were not the worker's. */
export function WriteAppeal({ worker, faults, onClose }: Props) {
    const queries = useQueryClient();
    const [id] = useState(requestId);
    const [jobs, setJobs] = useState<string[]>([]);
    const [words, setWords] = useState('');
    const send = useMutation({
        mutationFn: () =>
            ok(
                api.POST('/v1/workers/{worker}/appeals', {
                    params: { path: { worker } },
                    body: { requestId: id, jobs, words },
                }),
            ),
        onSuccess: () => {
            toast('The operator will decide on the appeal.');
            void queries.invalidateQueries({ queryKey: ['worker', worker] });
            onClose();
        },
    });
    const unique = faults.filter(({ job }, index) => faults.findIndex((one) => one.job === job) === index);
    return (
        <Ask
            title="Appeal against faults"
            action="Send the appeal"
            busy={send.isPending}
            error={send.error}
            disabled={jobs.length === 0 || words.trim() === '' || tooLong(words) !== null}
            onAct={() => send.mutate()}
            onClose={onClose}
        >
            <p>Only the worker’s owner may appeal. The operator decides; a granted appeal’s faults count no more.</p>
            <fieldset className={styles.choices}>
                <legend>Faults</legend>
                {unique.map(({ job, reason }) => (
                    <label key={job}>
                        <input
                            type="checkbox"
                            checked={jobs.includes(job)}
                            onChange={(event) =>
                                setJobs(event.target.checked ? [...jobs, job] : jobs.filter((one) => one !== job))
                            }
                        />
                        <span>
                            <code>{job.slice(0, 10)}…</code> <Untrusted text={reason} max={200} />
                        </span>
                    </label>
                ))}
            </fieldset>
            <Field label="Why they were not the worker’s" error={tooLong(words)}>
                {(ids) => <textarea {...ids} value={words} onChange={(event) => setWords(event.target.value)} />}
            </Field>
        </Ask>
    );
}
