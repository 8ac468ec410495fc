import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, ok, type Schemas } from '../../api/client';
import { count } from '../../text/numbers';
import { StateBadge } from '../../ui/Badge';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Ago, Id } from '../../ui/Values';

const shown = 5;

const columns: Column<Schemas['JobListItem']>[] = [
    { title: 'Job', cell: ({ id }) => <Id value={id} href={`/jobs/${id}`} length={8} /> },
    { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
    { title: 'Submitted', cell: ({ submittedAt }) => <Ago at={submittedAt} />, wide: true },
    { title: 'Fuel', cell: ({ fuelUsed }) => count(fuelUsed), end: true },
];

/** The account's newest jobs of the program. */
export function Jobs({ program }: { program: string }) {
    const query = useQuery({
        queryKey: ['jobs', 'of program', program],
        queryFn: () => ok(api.GET('/v1/jobs', { params: { query: { program, limit: shown } } })),
        refetchInterval: 5000,
    });
    return (
        <Panel title="Newest jobs" actions={<Link href={`/jobs?program=${program}`}>All</Link>} flush>
            <Loaded query={query}>
                {({ items }) =>
                    items.length === 0 ? (
                        <Empty title="Your account has run no job of it.">
                            <Link href={`/jobs/new?program=${program}`}>Run one</Link>
                        </Empty>
                    ) : (
                        <Table
                            label="Newest jobs of the program"
                            columns={columns}
                            rows={items}
                            rowKey={({ id }) => id}
                        />
                    )
                }
            </Loaded>
        </Panel>
    );
}
