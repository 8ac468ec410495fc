import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect } from 'react';
import { api, ok } from '../../api/client';
import { useFilters } from '../../api/filters';
import { useMore } from '../../api/pages';
import { count } from '../../text/numbers';
import { Badge, StateBadge } from '../../ui/Badge';
import { Field, Form, Row } from '../../ui/Field';
import { PageHead, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Amount, Id } from '../../ui/Values';
import { fits, levels, type Worker } from './filter';
import styles from './Workers.module.css';

const pageSize = 200;

/** A filter looks on through the pages until so many rows are there. */
const rowsWanted = 50;

const columns: Column<Worker>[] = [
    { title: 'Worker', cell: ({ id }) => <Id value={id} href={`/workers/${id}`} /> },
    {
        title: 'Price',
        cell: ({ pricePerMillionFuel }) => <Amount units={pricePerMillionFuel} />,
        end: true,
    },
    { title: 'In use', cell: ({ slots, slotsUsed }) => `${count(slotsUsed)} of ${count(slots)}`, end: true },
    {
        title: 'Level',
        cell: ({ level, maintenance }) => (
            <>
                <StateBadge state={level} /> {maintenance && <Badge tone="warn">maintenance</Badge>}
            </>
        ),
    },
    { title: 'Score', cell: ({ score }) => count(score), end: true, wide: true },
    {
        title: 'At stake',
        cell: ({ stake }) => (stake === undefined ? '–' : <Amount units={stake} />),
        end: true,
        wide: true,
    },
    {
        title: 'Labels',
        cell: ({ labels }) => (labels === undefined ? '–' : <Untrusted text={labels.join(', ')} max={60} />),
        wide: true,
    },
];

/** The offers of the market, the cheapest first. Labels and levels are compared here; what is asked for stands in the address. */
export default function Workers() {
    const [search, set] = useFilters();
    const label = search.get('label') ?? '';
    const level = search.get('level') ?? '';
    const words = useDeferredValue(label);
    const query = useInfiniteQuery({
        queryKey: ['workers'],
        queryFn: ({ pageParam, signal }) =>
            ok(
                api.GET('/v1/workers', {
                    signal,
                    params: { query: { limit: pageSize, ...(pageParam === null ? {} : { cursor: pageParam }) } },
                }),
            ),
        initialPageParam: null as string | null,
        getNextPageParam: ({ next }) => next ?? null,
        refetchInterval: ({ state: { data } }) => (data === undefined || data.pages.length < 2 ? 3000 : false),
    });
    const more = useMore(query);
    const all = query.data?.pages.flatMap(({ items }) => items) ?? [];
    const rows = all.filter((worker) => fits(worker, words, level));
    const isFiltered = words !== '' || level !== '';
    const looksOn = isFiltered && rows.length < rowsWanted && !query.isError ? more : undefined;

    useEffect(() => looksOn?.(), [looksOn]);

    return (
        <>
            <PageHead
                title="Workers"
                about="The offers of the market, the cheapest first. A price is for a million instructions."
            />
            <Form onSubmit={() => void query.refetch()}>
                <Row>
                    <Field label="Labels" hint="Such as gpu or region=eu; several words: all of them.">
                        {(ids) => (
                            <input
                                {...ids}
                                value={label}
                                maxLength={256}
                                onChange={(event) => set('label', event.target.value)}
                            />
                        )}
                    </Field>
                    <Field label="Level">
                        {(ids) => (
                            <select {...ids} value={level} onChange={(event) => set('level', event.target.value)}>
                                <option value="">All</option>
                                {levels.map((one) => (
                                    <option key={one}>{one}</option>
                                ))}
                            </select>
                        )}
                    </Field>
                </Row>
            </Form>
            <Panel
                title="Offers"
                flush
                actions={
                    <span className={styles.count} role="status">
                        {isFiltered
                            ? `${count(rows.length)} of the ${count(all.length)} looked at`
                            : `${count(all.length)}${query.hasNextPage ? ' or more' : ''}`}
                    </span>
                }
            >
                <Loaded query={query}>
                    {() =>
                        rows.length === 0 ? (
                            isFiltered ? (
                                <Empty title={looksOn === undefined ? 'No offer is like this.' : 'Looking…'} />
                            ) : (
                                <Empty title="The market has no worker now.">
                                    <p>Start one beside the silo: dotnet run --project worker</p>
                                </Empty>
                            )
                        ) : (
                            <Table
                                label="Rows of offers"
                                columns={columns}
                                rows={rows}
                                rowKey={({ id }) => id}
                                more={more}
                            />
                        )
                    }
                </Loaded>
            </Panel>
        </>
    );
}
