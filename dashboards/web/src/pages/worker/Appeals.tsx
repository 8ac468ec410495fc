import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { count } from '../../text/numbers';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Panel } from '../../ui/Panel';
import { Untrusted, UntrustedBlock } from '../../ui/Text';
import { Ago, Id } from '../../ui/Values';
import { Decide } from './Decide';
import styles from './Worker.module.css';

type Appeal = Schemas['Appeal'];

/** What the owner said of faults, and what the operator decided. Shown where there is one. */
export function Appeals({ worker, appeals }: { worker: string; appeals: Appeal[] }) {
    const [decided, setDecided] = useState<Appeal | null>(null);
    return appeals.length === 0 ? null : (
        <Panel title="Appeals">
            <ul className={styles.list}>
                {appeals.map((appeal) => (
                    <li key={appeal.requestId} className={styles.entry}>
                        <div className={styles.row}>
                            <Badge tone={toneOf(appeal)}>{wordOf(appeal)}</Badge>
                            <Ago at={appeal.at} />
                            {appeal.granted === undefined && <Button onClick={() => setDecided(appeal)}>Decide</Button>}
                        </div>
                        <UntrustedBlock text={appeal.words} label="The owner’s words" />
                        <p className={styles.quiet}>
                            On {count(appeal.faults.length)} {appeal.faults.length === 1 ? 'fault' : 'faults'}:{' '}
                            {appeal.faults.map(({ job }) => (
                                <Id key={job} value={job} href={`/jobs/${job}`} length={8} />
                            ))}
                        </p>
                        {appeal.answer !== undefined && (
                            <p>
                                The operator: <Untrusted text={appeal.answer} max={4096} />{' '}
                                {appeal.decidedAt !== undefined && <Ago at={appeal.decidedAt} />}
                            </p>
                        )}
                    </li>
                ))}
            </ul>
            {decided !== null && <Decide worker={worker} appeal={decided} onClose={() => setDecided(null)} />}
        </Panel>
    );
}

const wordOf = ({ granted }: Appeal) => (granted === undefined ? 'open' : granted ? 'granted' : 'refused');

const toneOf = ({ granted }: Appeal) => (granted === undefined ? 'live' : granted ? 'good' : 'bad');
