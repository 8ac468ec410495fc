import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes, type Schemas } from '../../api/client';
import { info } from '../../api/queries';
import { Badge, type Tone } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Panel } from '../../ui/Panel';
import { Empty, ErrorBox, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { saveAs } from './save';
import styles from './Job.module.css';

const tones: Record<string, Tone> = { holds: 'good', broken: 'bad', not_checked: 'quiet' };
const words: Record<string, string> = { holds: 'holds', broken: 'broken', not_checked: 'not checked' };

/** The verifier and its curves are loaded with the first receipt. It is the code of the stand-alone page. */
async function check(receipt: Uint8Array, market: string, output: Uint8Array | null) {
    const { verify, blobId } = await import('../../../../../receipts/verifier/verify.mjs');
    return verify(receipt, { market, ...(output === null ? {} : { output: await blobId([output]) }) });
}

export function Receipt({ job }: { job: Schemas['Job'] }) {
    const market = useQuery(info);
    const query = useQuery({
        queryKey: ['receipt', job.id],
        queryFn: () => bytes(`/v1/jobs/${job.id}/receipt`),
        staleTime: Infinity,
    });
    return (
        <Panel title="Receipt">
            <Loaded query={query}>
                {(receipt) =>
                    market.data === undefined ? null : (
                        <Checks job={job} receipt={receipt.bytes} market={market.data.market} />
                    )
                }
            </Loaded>
        </Panel>
    );
}

function Checks({ job, receipt, market }: { job: Schemas['Job']; receipt: Uint8Array<ArrayBuffer>; market: string }) {
    const [given, setGiven] = useState<{ name: string; bytes: Uint8Array } | null>(null);
    const verification = useQuery({
        queryKey: ['verification', job.id, given?.name, given?.bytes.length, given === null ? 0 : sum(given.bytes)],
        queryFn: async () => {
            const output = job.state === 'completed' ? (await bytes(`/v1/jobs/${job.id}/output`)).bytes : null;
            return check(given?.bytes ?? receipt, market, output);
        },
        staleTime: Infinity,
    });
    const choose = useMutation({
        mutationFn: async (file: File) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }),
        onSuccess: setGiven,
    });
    return (
        <div className={styles.receipt}>
            <Loaded query={verification}>
                {({ holds, checks }) => (
                    <>
                        <p aria-live="polite">
                            <Badge tone={holds ? 'good' : 'bad'}>{holds ? 'holds' : 'does not hold'}</Badge>{' '}
                            {given === null ? (
                                'Checked in this browser, with the code of the stand-alone verifier.'
                            ) : (
                                <Untrusted text={`Checked: ${given.name}`} />
                            )}
                        </p>
                        <ul className={styles.checks}>
                            {checks.map(({ name, result, finding }) => (
                                <li key={name}>
                                    <Badge tone={tones[result] ?? 'quiet'}>{words[result]}</Badge>
                                    <b>{name}</b>
                                    <Untrusted text={finding} max={600} />
                                </li>
                            ))}
                        </ul>
                    </>
                )}
            </Loaded>
            {choose.isError && <ErrorBox error={choose.error} />}
            <div className={styles.row}>
                <Button onClick={() => saveAs(new Blob([receipt]), `${job.id.slice(0, 16)}.receipt.json`)}>
                    Save the receipt
                </Button>
                <label className={styles.file}>
                    Check another file
                    <input
                        type="file"
                        accept=".json"
                        onChange={(event) => {
                            const file = event.target.files?.[0];
                            if (file !== undefined) {
                                choose.mutate(file);
                            }
                        }}
                    />
                </label>
            </div>
        </div>
    );
}

/** Tells files of one name and length apart. */
const sum = (content: Uint8Array) => content.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 7);

export const NoReceipt = () => (
    <Panel title="Receipt">
        <Empty title="The receipt is there when the job has ended." />
    </Panel>
);
