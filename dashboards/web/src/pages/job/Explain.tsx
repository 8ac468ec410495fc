import { useQuery } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import { hasEnded } from '../../api/queries';
import { Badge } from '../../ui/Badge';
import { Panel } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Amount, Id } from '../../ui/Values';
import styles from './Job.module.css';

const columns: Column<Schemas['OfferVerdict']>[] = [
    { title: 'Worker', cell: ({ worker }) => <Id value={worker} href={`/workers/${worker}`} /> },
    { title: 'Asks', cell: ({ price }) => <Amount units={price} />, end: true },
    { title: 'Result', cell: ({ won }) => (won ? <Badge tone="good">won</Badge> : <Badge tone="quiet">lost</Badge>) },
    { title: 'Why', cell: ({ reason }) => <Untrusted text={reason} max={300} /> },
];

/** Which offers the market looked at for the job, and why each won or lost. */
export function Explain({ job }: { job: Schemas['Job'] }) {
    const query = useQuery({
        queryKey: ['explain', job.id, job.state],
        queryFn: () => ok(api.GET('/v1/jobs/{job}/explain', { params: { path: { job: job.id } } })),
        refetchInterval: hasEnded(job.state) ? false : 2000,
    });
    return (
        <Panel title="Match" flush>
            <Loaded query={query}>
                {({ summary, offers }) => (
                    <>
                        <p className={styles.summary}>
                            <Untrusted text={summary} max={600} />
                        </p>
                        {offers.length > 0 && (
                            <Table label="Offers" columns={columns} rows={offers} rowKey={({ worker }) => worker} />
                        )}
                    </>
                )}
            </Loaded>
        </Panel>
    );
}
