import { useInfiniteQuery } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { useFilters } from '../../api/filters';
import { useMore } from '../../api/pages';
import { Field, Form } from '../../ui/Field';
import { PageHead, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table } from '../../ui/Table';
import { columns } from './columns';

const isKey = (text: string) => /^[0-9a-f]{64}$/.test(text);

/** Jobs that workers ran with different results, the newest first. */
export default function Disputes() {
    const [search, set] = useFilters();
    const typed = search.get('worker') ?? '';
    const worker = isKey(typed) ? typed : '';
    const query = useInfiniteQuery({
        queryKey: ['disputes', 'list', worker],
        queryFn: ({ pageParam, signal }) =>
            ok(
                api.GET('/v1/disputes', {
                    signal,
                    params: {
                        query: {
                            limit: 100,
                            ...(worker === '' ? {} : { worker }),
                            ...(pageParam === null ? {} : { cursor: pageParam }),
                        },
                    },
                }),
            ),
        initialPageParam: null as string | null,
        getNextPageParam: ({ next }) => next ?? null,
        refetchInterval: ({ state: { data } }) => (data === undefined || data.pages.length < 2 ? 5000 : false),
    });
    const more = useMore(query);
    return (
        <>
            <PageHead
                title="Disputes"
                about="Jobs that workers ran with different results. Each is evidence: what every worker signed, what a jury of others found, and who lost what."
            />
            <Form onSubmit={() => void query.refetch()}>
                <Field
                    label="Worker"
                    hint="Its whole id; empty: all disputes."
                    error={
                        typed === '' || isKey(typed) ? null : 'An id of a worker has 64 digits from 0 to 9 and a to f.'
                    }
                >
                    {(ids) => (
                        <input
                            {...ids}
                            value={typed}
                            maxLength={64}
                            onChange={(event) => set('worker', event.target.value.trim().toLowerCase())}
                        />
                    )}
                </Field>
            </Form>
            <Panel title="List" flush>
                <Loaded query={query}>
                    {({ pages }) => {
                        const rows = pages.flatMap(({ items }) => items);
                        return rows.length === 0 ? (
                            <Empty title={worker === '' ? 'No workers disagreed.' : 'This worker was in no dispute.'}>
                                {worker === '' && (
                                    <p>
                                        A dispute begins when workers sign different results of a job that asks for an
                                        audit, a quorum or a committee.
                                    </p>
                                )}
                            </Empty>
                        ) : (
                            <Table
                                label="Disputes"
                                columns={columns(worker === '' ? undefined : worker)}
                                rows={rows}
                                rowKey={({ job }) => job}
                                more={more}
                            />
                        );
                    }}
                </Loaded>
            </Panel>
        </>
    );
}
