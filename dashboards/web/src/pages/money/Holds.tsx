import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, ok, type Schemas } from '../../api/client';
import { StateBadge } from '../../ui/Badge';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Ago, Amount, Id } from '../../ui/Values';

type Job = Schemas['Job'];

const states = ['pending', 'matched', 'running', 'verifying'] as const;
const shownMax = 50;

/** The newest open jobs of each state, whole: a job holds its price limit until it ends. */
async function openJobs(): Promise<Job[]> {
    const lists = await Promise.all(
        states.map((state) => ok(api.GET('/v1/jobs', { params: { query: { state, limit: shownMax } } }))),
    );
    const ids = lists.flatMap(({ items }) => items.map(({ id }) => id)).slice(0, shownMax);
    return ids.length === 0 ? [] : (await ok(api.POST('/v1/jobs:get', { body: { ids } }))).jobs;
}

const columns: Column<Job>[] = [
    { title: 'Job', cell: ({ id }) => <Id value={id} href={`/jobs/${id}`} /> },
    { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
    { title: 'Since', cell: ({ submittedAt }) => <Ago at={submittedAt} />, wide: true },
    { title: 'Holds', cell: ({ priceMax }) => <Amount units={priceMax} />, end: true },
];

export function Holds() {
    const query = useQuery({ queryKey: ['jobs', 'open'], queryFn: openJobs, refetchInterval: 3000 });
    return (
        <Panel title="Holds of open jobs" flush actions={<Link href="/jobs">All jobs</Link>}>
            <Loaded query={query}>
                {(jobs) =>
                    jobs.length === 0 ? (
                        <Empty title="No job is open, so none holds money." />
                    ) : (
                        <Table label="Open jobs" columns={columns} rows={jobs} rowKey={({ id }) => id} />
                    )
                }
            </Loaded>
        </Panel>
    );
}
