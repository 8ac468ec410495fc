import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../../api/client';
import { count } from '../../text/numbers';
import { Badge } from '../../ui/Badge';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Ago, Id } from '../../ui/Values';
import { leases } from './queries';
import styles from './Worker.module.css';

const columns: Column<Schemas['LeasedJob']>[] = [
    { title: 'Job', cell: ({ job }) => <Id value={job} href={`/jobs/${job}`} length={8} /> },
    {
        title: 'Stage',
        cell: ({ begun }) => (begun ? <Badge tone="live">begun</Badge> : <Badge tone="quiet">waits there</Badge>),
        wide: true,
    },
    { title: 'Since', cell: ({ since }) => <Ago at={since} /> },
    { title: 'Until', cell: ({ until }) => <Ago at={until} /> },
    { title: 'Lease', cell: ({ lease }) => <code>{lease}</code>, wide: true },
];

/** The jobs that the worker has now, as the market knows them. */
export function Leases({ worker }: { worker: string }) {
    const query = useQuery(leases(worker));
    const held = query.data?.items.length ?? 0;
    return (
        <Panel title="Leases" flush actions={<Badge tone={held > 0 ? 'live' : 'quiet'}>{`${count(held)} now`}</Badge>}>
            <Loaded query={query}>
                {({ items }) =>
                    items.length === 0 ? (
                        <Empty title="The worker has no job now." />
                    ) : (
                        <div className={styles.scroll}>
                            <Table label="Leases" columns={columns} rows={items} rowKey={({ lease }) => lease} />
                        </div>
                    )
                }
            </Loaded>
        </Panel>
    );
}
