import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { Link, useLocation } from 'wouter';
import { api, ok, type Schemas } from '../../api/client';
import { useFilters } from '../../api/filters';
import { useMore } from '../../api/pages';
import { count } from '../../text/numbers';
import { spanText } from '../../text/time';
import { StateBadge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Field, Form, Row } from '../../ui/Field';
import { PageHead, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Ago, Amount, Id } from '../../ui/Values';

type Item = Schemas['JobListItem'];
type State = Schemas['JobState'];

const states: State[] = [
    'pending',
    'matched',
    'running',
    'verifying',
    'completed',
    'failed',
    'cancelled',
    'timed_out',
    'expired',
];

const columns: Column<Item>[] = [
    { title: 'Job', cell: ({ id }) => <Id value={id} href={`/jobs/${id}`} /> },
    { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
    { title: 'Program', cell: ({ program }) => <Id value={program} href={`/programs/${program}`} />, wide: true },
    { title: 'Submitted', cell: ({ submittedAt }) => <Ago at={submittedAt} /> },
    {
        title: 'Took',
        cell: ({ submittedAt, endedAt }) =>
            endedAt === undefined ? '–' : spanText(Date.parse(endedAt) - Date.parse(submittedAt)),
        end: true,
        wide: true,
    },
    { title: 'Fuel', cell: ({ fuelUsed }) => count(fuelUsed), end: true, wide: true },
    { title: 'Charge', cell: ({ charge }) => <Amount units={charge} />, end: true },
];

/** What the silo looks for; it refuses fewer digits. */
const isPrefix = /^[0-9a-f]{8,64}$/;

const isLong = (data: { pages: unknown[] } | undefined) => data !== undefined && data.pages.length > 1;

/** The account's jobs, the newest first. What is asked for stands in the address, so that a link shows the same. */
export default function Jobs() {
    const [search, set] = useFilters();
    const [, go] = useLocation();
    const state = states.find((one) => one === search.get('state'));
    const program = search.get('program') ?? '';
    const prefix = search.get('prefix') ?? '';
    const filter = useDeferredValue({ state, program, prefix: isPrefix.test(prefix) ? prefix : '' });

    const query = useInfiniteQuery({
        queryKey: ['jobs', filter.state, filter.program, filter.prefix],
        queryFn: ({ pageParam, signal }) =>
            ok(
                api.GET('/v1/jobs', {
                    signal,
                    params: {
                        query: {
                            limit: 100,
                            ...(filter.state === undefined ? {} : { state: filter.state }),
                            ...(filter.program === '' ? {} : { program: filter.program }),
                            ...(filter.prefix === '' ? {} : { prefix: filter.prefix }),
                            ...(pageParam === null ? {} : { cursor: pageParam }),
                        },
                    },
                }),
            ),
        initialPageParam: null as string | null,
        getNextPageParam: ({ next }) => next ?? null,
        // A list that was scrolled through stays as it is: all its pages, one after the other, would be asked for again.
        refetchInterval: ({ state: { data } }) => (isLong(data) ? false : 3000),
        staleTime: ({ state: { data } }) => (isLong(data) ? Infinity : 1000),
    });
    const more = useMore(query);

    return (
        <>
            <PageHead
                title="Jobs"
                about="The jobs of your account, the newest first."
                actions={
                    <Button kind="main" onClick={() => go('/jobs/new')}>
                        Run a job
                    </Button>
                }
            />
            <Form onSubmit={() => void query.refetch()}>
                <Row>
                    <Field label="State">
                        {(ids) => (
                            <select {...ids} value={state ?? ''} onChange={(event) => set('state', event.target.value)}>
                                <option value="">All</option>
                                {states.map((one) => (
                                    <option key={one} value={one}>
                                        {one.replace('_', ' ')}
                                    </option>
                                ))}
                            </select>
                        )}
                    </Field>
                    <Field
                        label="Id begins with"
                        error={
                            prefix === '' || isPrefix.test(prefix)
                                ? null
                                : 'Eight or more of the digits 0 to 9 and a to f.'
                        }
                    >
                        {(ids) => (
                            <input
                                {...ids}
                                value={prefix}
                                maxLength={64}
                                onChange={(event) => set('prefix', event.target.value.trim().toLowerCase())}
                            />
                        )}
                    </Field>
                    <Field label="Program">
                        {(ids) => (
                            <input
                                {...ids}
                                value={program}
                                maxLength={68}
                                placeholder="its whole id"
                                onChange={(event) => set('program', event.target.value.trim())}
                            />
                        )}
                    </Field>
                </Row>
            </Form>
            <Panel title="List" flush>
                <Loaded query={query}>
                    {({ pages }) => {
                        const rows = pages.flatMap(({ items }) => items);
                        return rows.length === 0 ? (
                            <Empty title="No job is like this.">
                                <Link href="/jobs/new">Run a job</Link>
                            </Empty>
                        ) : (
                            <Table label="Jobs" columns={columns} rows={rows} rowKey={({ id }) => id} more={more} />
                        );
                    }}
                </Loaded>
            </Panel>
        </>
    );
}
