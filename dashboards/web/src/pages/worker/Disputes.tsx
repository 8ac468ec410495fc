import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table } from '../../ui/Table';
import { columns } from '../disputes/columns';

const shown = 20;

export function Disputes({ worker }: { worker: string }) {
    const query = useQuery({
        queryKey: ['disputes', 'of worker', worker],
        queryFn: () => ok(api.GET('/v1/disputes', { params: { query: { worker, limit: shown } } })),
        refetchInterval: 10_000,
    });
    return (
        <Panel title="Disputes" flush actions={<Link href={`/disputes?worker=${worker}`}>All of this worker</Link>}>
            <Loaded query={query}>
                {({ items, next }) =>
                    items.length === 0 ? (
                        <Empty
                            title={
                                next === undefined ? 'It was in no dispute.' : 'It was in none of the newest disputes.'
                            }
                        />
                    ) : (
                        <Table
                            label="Rows of disputes"
                            columns={columns(worker)}
                            rows={items}
                            rowKey={({ job }) => job}
                        />
                    )
                }
            </Loaded>
        </Panel>
    );
}
