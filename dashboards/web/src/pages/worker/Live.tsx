import { useState } from 'react';
import { useMarketEvents, type MarketEvent } from '../../api/events';
import { compact } from '../../text/numbers';
import { Badge, StateBadge } from '../../ui/Badge';
import { Chart } from '../../ui/Chart';
import { Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Ago, Amount, Id } from '../../ui/Values';
import { addScores, keep, type Kept, type Score } from './live';
import styles from './Worker.module.css';

const columns: Column<Kept>[] = [
    { title: 'When', cell: ({ event }) => (event.at === undefined ? '–' : <Ago at={event.at} />) },
    {
        title: 'What',
        cell: ({ event }) => (event.state === undefined ? event.kind : <StateBadge state={event.state} />),
    },
    {
        title: 'Class',
        cell: ({ event }) => (event.class === undefined ? '–' : <Untrusted text={event.class} max={60} />),
        wide: true,
    },
    {
        title: 'Price',
        cell: ({ event }) => (event.price === undefined ? '–' : <Amount units={event.price} />),
        end: true,
    },
    {
        title: 'Fuel',
        cell: ({ event }) => (event.fuelUsed === undefined ? '–' : compact(event.fuelUsed)),
        end: true,
        wide: true,
    },
    {
        title: 'Your job',
        cell: ({ event }) =>
            event.job === undefined ? '–' : <Id value={event.job} href={`/jobs/${event.job}`} length={8} />,
        wide: true,
    },
];

/** What the worker does while the page is open: leases, ends, and how its score moves. */
export function Live({ worker, score }: { worker: string; score: number }) {
    const [kept, setKept] = useState<Kept[]>([]);
    const [scores, setScores] = useState<Score[]>([]);
    const connection = useMarketEvents({ worker }, (events: MarketEvent[]) => {
        setKept((before) => keep(before, events));
        setScores((before) => addScores(before, events, score));
    });
    return (
        <Panel
            title="Live"
            actions={
                <Badge tone={connection === 'live' ? 'live' : connection === 'lost' ? 'warn' : 'quiet'}>
                    {connection}
                </Badge>
            }
            flush
        >
            {scores.length > 1 && (
                <div className={styles.pad}>
                    <Chart
                        label={`Score since the page was opened: from ${scores[0]?.score ?? score} to ${scores.at(-1)?.score ?? score}`}
                        x={scores.map(({ at }) => at)}
                        series={[{ name: 'Score', values: scores.map((one) => one.score) }]}
                        height={140}
                    />
                </div>
            )}
            {kept.length === 0 ? (
                <Empty title="Nothing has happened since you opened this page.">
                    <p>Leases that the worker gets and jobs that it ends appear here as they come.</p>
                </Empty>
            ) : (
                <div className={styles.scroll}>
                    <Table label="Live events" columns={columns} rows={kept} rowKey={({ number }) => `${number}`} />
                </div>
            )}
        </Panel>
    );
}
