import { useQuery } from '@tanstack/react-query';
import { count } from '../../text/numbers';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Ago } from '../../ui/Values';
import { recordsMax, recordsOf, type Told } from './records';
import styles from './Worker.module.css';

const columnsOf = (worker: string): Column<Told>[] => [
    { title: 'Record', cell: ({ index }) => index, end: true, wide: true },
    { title: 'When', cell: ({ at }) => <Ago at={at} /> },
    { title: 'What', cell: ({ kind }) => <Untrusted text={kind.replaceAll('_', ' ')} /> },
    { title: 'Signed by', cell: ({ author }) => (author === worker ? 'the worker' : 'the market'), wide: true },
    {
        title: 'Words',
        cell: ({ words }) => (
            <Untrusted text={words.map(({ name, value }) => `${name} ${value}`).join(', ')} max={200} />
        ),
    },
];

/** What the worker has offered and what was at stake for it, from its signed history. */
export function History({ worker }: { worker: string }) {
    const query = useQuery({ queryKey: ['worker', worker, 'records'], queryFn: () => recordsOf(worker) });
    return (
        <Panel
            title="Signed history"
            flush
            actions={
                query.data !== undefined &&
                query.data.size > recordsMax && (
                    <span className={styles.quiet}>
                        The newest {recordsMax} of {count(query.data.size)} records
                    </span>
                )
            }
        >
            <Loaded query={query}>
                {({ records }) =>
                    records.length === 0 ? (
                        <Empty title="Its history has no record." />
                    ) : (
                        <Table
                            label="Signed history"
                            columns={columnsOf(worker)}
                            rows={records}
                            rowKey={({ index }) => index}
                        />
                    )
                }
            </Loaded>
        </Panel>
    );
}
