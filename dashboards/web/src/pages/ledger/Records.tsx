import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { settlementToken } from '../../api/queries';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Facts } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Untrusted, UntrustedBlock } from '../../ui/Text';
import { Ago, Id } from '../../ui/Values';
import type { Operation } from '../../verify/form';
import { absoluteText } from '../../text/time';
import { fetchWindow, type CheckedHead, type CheckedRecord } from './history';
import styles from './Ledger.module.css';
import { sentence, timeOf } from './words';

/** As many are asked for, and proven, at once. */
const windowSize = 25;

/** Records of a checked head, the newest first, by windows of their indexes. */
export function Records({ ledger, head, count = windowSize }: { ledger: string; head: CheckedHead; count?: number }) {
    const size = BigInt(head.file.head.size);
    const [before, setBefore] = useState(size);
    const [opened, setOpened] = useState<CheckedRecord | null>(null);
    const step = BigInt(count);
    const query = useQuery({
        queryKey: ['ledger', ledger, head.file.head.size, `${before}`, count],
        queryFn: () => fetchWindow(ledger, head, before, count),
        staleTime: Infinity,
    });
    const first = before > step ? before - step : 0n;
    if (size === 0n) {
        return <Empty title="Nothing was written in this ledger yet." />;
    }
    return (
        <>
            <Loaded query={query} lines={5}>
                {(records) => (
                    <ol className={styles.list} aria-label="Records, the newest first">
                        {records.map((one) => (
                            <Row key={one.record.index} checked={one} onOpen={() => setOpened(one)} />
                        ))}
                    </ol>
                )}
            </Loaded>
            <div className={styles.foot}>
                <span>
                    Records {`${first}`} to {`${before - 1n}`} of {Number(size).toLocaleString('en')}
                </span>
                <span className={styles.row}>
                    <Button
                        disabled={before === size}
                        onClick={() => setBefore(before + step > size ? size : before + step)}
                    >
                        Newer
                    </Button>
                    <Button disabled={first === 0n} onClick={() => setBefore(first)}>
                        Older
                    </Button>
                </span>
            </div>
            {opened !== null && <Details checked={opened} onClose={() => setOpened(null)} />}
        </>
    );
}

const authorOf = ({ author, namespace }: Operation) =>
    namespace.split('.')[1] === author ? `its ${namespace.split('.')[0] ?? ''} itself` : 'the market';

function Row({ checked: { record, fault }, onOpen }: { checked: CheckedRecord; onOpen: () => void }) {
    const token = useQuery(settlementToken).data ?? null;
    const { operation } = record;
    return (
        <li>
            <span>{record.index}</span>
            <Ago at={timeOf(operation.time)} />
            <div className={styles.said}>
                <p>
                    <Untrusted text={sentence(operation, token)} max={200} />
                </p>
                <small>
                    <Untrusted text={operation.kind.replaceAll('_', ' ')} max={64} />, said by {authorOf(operation)}
                </small>
                {fault !== null && <p className={styles.fault}>{fault}</p>}
            </div>
            <Badge tone={fault === null ? 'good' : 'bad'}>{fault === null ? 'holds' : 'broken'}</Badge>
            <div className={styles.details}>
                <Button kind="quiet" onClick={onOpen} aria-label={`Details of record ${record.index}`}>
                    Details
                </Button>
            </div>
        </li>
    );
}

function Details({ checked: { record, fault }, onClose }: { checked: CheckedRecord; onClose: () => void }) {
    const { operation } = record;
    return (
        <Dialog title={`Record ${record.index}`} onClose={onClose}>
            <p>
                <Badge tone={fault === null ? 'good' : 'bad'}>{fault === null ? 'holds' : 'broken'}</Badge>{' '}
                {fault ??
                    'Its author’s signature holds, it follows the record before it, and its proof leads to the head’s root.'}
            </p>
            <Facts
                facts={[
                    ['Kind', <Untrusted key="" text={operation.kind} />],
                    ['Time', absoluteText(timeOf(operation.time))],
                    ['Author', <Id key="" value={operation.author} />],
                    ['Number', `${operation.sequence} of epoch ${operation.epoch}`],
                    ['Change', <Id key="" value={operation.change} />],
                    ['Before', <Id key="" value={record.before} />],
                    ['Signature', <Id key="" value={record.signature} />],
                ]}
            />
            <UntrustedBlock
                label="The words of the operation"
                text={operation.subject.map(({ name, value }) => `${name}: ${value}`).join('\n')}
            />
        </Dialog>
    );
}
