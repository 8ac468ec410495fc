import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Schemas } from '../../api/client';
import { info } from '../../api/queries';
import { runMsMax } from '../../replay/limits';
import { replay, type Replayed } from '../../replay/session';
import { spanText } from '../../text/time';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Panel } from '../../ui/Panel';
import { ErrorBox, Loading } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Views } from './Content';
import styles from './Job.module.css';

/** Runs the job again in this browser, and compares. */
export function Replay({ job }: { job: Schemas['Job'] }) {
    const market = useQuery(info);
    const [running, setRunning] = useState(false);
    const stop = useRef<AbortController>(null);
    // A reader who leaves the page ends the run.
    useEffect(() => () => stop.current?.abort(), []);
    const again = useMutation({
        mutationFn: (key: string) => {
            const abort = (stop.current = new AbortController());
            return replay(job.id, key, abort.signal, () => setRunning(true));
        },
        onSettled: () => setRunning(false),
    });
    const key = market.data?.market;
    return (
        <Panel
            title="Replay"
            actions={
                again.isPending ? (
                    <Button kind="danger" onClick={() => stop.current?.abort()}>
                        Stop
                    </Button>
                ) : (
                    <Button disabled={key === undefined} onClick={() => key !== undefined && again.mutate(key)}>
                        Replay here
                    </Button>
                )
            }
        >
            <div className={styles.receipt}>
                <p className={styles.quiet}>
                    This browser runs the program again on the same input and compares what comes of it with the
                    receipt. It takes at most {spanText(runMsMax)}, counts no fuel and costs nothing.
                </p>
                <div aria-live="polite" className={styles.receipt}>
                    {again.isPending && <p>{running ? 'The program runs.' : 'The module and the input are loaded.'}</p>}
                    {again.isPending && <Loading lines={2} />}
                    {!again.isPending && again.data !== undefined && <Result job={job.id} replayed={again.data} />}
                </div>
                {again.isError && (
                    <>
                        <ErrorBox error={again.error} />
                        <Command job={job.id} />
                    </>
                )}
            </div>
        </Panel>
    );
}

const Command = ({ job }: { job: string }) => (
    <p className={styles.command}>
        On a machine of yours, this replays the job by the market’s own rules: <code>market job replay {job}</code>
    </p>
);

function Result({ job, replayed }: { job: string; replayed: Replayed }) {
    const { verdict, why, isFromReceipt, rows, log, output } = replayed;
    return (
        <>
            <p>
                <Badge tone={verdict === 'the same' ? 'good' : verdict === 'different' ? 'warn' : 'quiet'}>
                    {verdict}
                </Badge>{' '}
                <Untrusted text={why} max={600} />
            </p>
            <ul className={styles.checks}>
                {rows.map(({ name, said, seen, from }) => (
                    <li key={name}>
                        <Badge tone={said === seen ? 'good' : 'warn'}>{said === seen ? 'the same' : 'different'}</Badge>
                        <b>{name}</b>
                        <span className={styles.pair}>
                            {said === seen ? (
                                <Untrusted text={seen} max={100} />
                            ) : (
                                <>
                                    <span>
                                        {from}: <Untrusted text={said} max={100} />
                                    </span>
                                    <span>
                                        Here: <Untrusted text={seen} max={100} />
                                    </span>
                                </>
                            )}
                        </span>
                    </li>
                ))}
            </ul>
            {verdict === 'different' && (isFromReceipt ? <MayDiffer /> : <IsStoredOtherwise />)}
            {verdict !== 'the same' && <Command job={job} />}
            {verdict === 'different' && output !== null && output.length > 0 && (
                <Bytes title="Output of the replay" content={output} />
            )}
            {log.length > 0 && <Bytes title="Log of the replay" content={log} />}
        </>
    );
}

const MayDiffer = () => (
    <p className={styles.quiet}>
        A difference alone proves no fault. The market gives every NaN the same bits, and a browser need not. A
        browser’s call stack may end earlier or later. The command below follows the market’s rules to the bit and
        decides.
    </p>
);

const IsStoredOtherwise = () => (
    <p className={styles.quiet}>
        The receipt’s output came out here. What the market gives as the job’s output now is not what its receipt names.
    </p>
);

/** The bytes stand in the page’s memory; the views show the first of them. */
const shownMax = 64 * 1024;

const Bytes = ({ title, content }: { title: string; content: Uint8Array }) => (
    <div>
        <h3>{title}</h3>
        <Views title={title} content={content.subarray(0, shownMax)} size={content.length} />
    </div>
);
