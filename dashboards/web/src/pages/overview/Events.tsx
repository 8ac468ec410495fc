import { Link } from 'wouter';
import type { MarketEvent } from '../../api/events';
import { clockText } from '../../text/time';
import { StateBadge } from '../../ui/Badge';
import { Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { Amount } from '../../ui/Values';
import styles from './Overview.module.css';

const words: Record<MarketEvent['kind'], string> = {
    queued: 'waits for a worker',
    leased: 'was given to a worker',
    retried: 'goes to another worker',
    offered: 'offers its slots',
    left: 'left the market',
    lost: 'lost its connection',
    standing: 'has a new standing',
    started: 'runs',
    pulse: 'counts its jobs',
    ended: 'ended',
};

export function Events({ recent }: { recent: { id: number; event: MarketEvent }[] }) {
    return (
        <Panel title="Recent events" flush>
            {recent.length === 0 ? (
                <Empty title="No event came since this page is open." />
            ) : (
                <ul className={styles.events} tabIndex={0} aria-label="Recent events, the newest first">
                    {recent.map(({ id, event }) => (
                        <li key={id}>
                            <time>{event.at === undefined ? '' : clockText(event.at)}</time>
                            <span>
                                <Subject event={event} /> {words[event.kind]}
                            </span>
                            <span>
                                {event.state !== undefined ? (
                                    <StateBadge state={event.state} />
                                ) : (
                                    event.price !== undefined && <Amount units={event.price} />
                                )}
                            </span>
                        </li>
                    ))}
                </ul>
            )}
        </Panel>
    );
}

function Subject({ event: { stream, job, worker } }: { event: MarketEvent }) {
    if (job !== undefined) {
        return <Link href={`/jobs/${job}`}>Job {job.slice(0, 8)}</Link>;
    }
    if (stream === 'jobs' || stream === 'results') {
        return 'A job';
    }
    return worker === undefined ? 'The market' : <Link href={`/workers/${worker}`}>Worker {worker.slice(0, 8)}</Link>;
}
