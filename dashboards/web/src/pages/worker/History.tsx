import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { count } from '../../text/numbers';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Ago } from '../../ui/Values';
import { recordsMax, recordsOf, type Told } from './records';
import styles from './Worker.module.css';

/** What the worker has offered and what was at stake for it, from its signed history. */
export function History({ worker }: { worker: string }) {
    const query = useQuery({ queryKey: ['worker', worker, 'records'], queryFn: () => recordsOf(worker) });
    return (
        <Panel
            title="Signed history"
            flush
            actions={
                <>
                    {query.data !== undefined && query.data.size > recordsMax && (
                        <span className={styles.quiet}>
                            The newest {recordsMax} of {count(query.data.size)} records
                        </span>
                    )}
                    <Link href={`/ledger/worker.${worker}`}>All, verified</Link>
                </>
            }
        >
            <Loaded query={query}>
                {({ records }) =>
                    records.length === 0 ? (
                        <Empty title="Its history has no record." />
                    ) : (
                        <ul className={`${styles.list} ${styles.records}`} tabIndex={0} aria-label="Records">
                            {records.map((record) => (
                                <Record key={record.index} record={record} worker={worker} />
                            ))}
                        </ul>
                    )
                }
            </Loaded>
        </Panel>
    );
}

const Record = ({ record: { index, at, kind, author, words }, worker }: { record: Told; worker: string }) => (
    <li className={styles.entry}>
        <span className={styles.row}>
            <b>
                <Untrusted text={kind.replaceAll('_', ' ')} />
            </b>
            <span className={styles.quiet}>
                record {index}, signed by {author === worker ? 'the worker' : 'the market'}, <Ago at={at} />
            </span>
        </span>
        <Untrusted text={words.map(({ name, value }) => `${name} ${value}`).join(', ')} max={1000} />
    </li>
);
