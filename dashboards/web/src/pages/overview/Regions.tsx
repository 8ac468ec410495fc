import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, ok, type Schemas } from '../../api/client';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import styles from './Overview.module.css';

type Worker = Schemas['MarketWorker'];

/** As many as the grid shows; the list of workers has all. */
const workersMax = 500;

const regionOf = ({ labels }: Worker) =>
    labels?.find((label) => label.startsWith('region='))?.slice('region='.length) ?? 'no region';

export function Regions() {
    const query = useQuery({
        queryKey: ['workers', 'regions'],
        queryFn: () => ok(api.GET('/v1/workers', { params: { query: { limit: workersMax } } })),
        refetchInterval: 5000,
    });
    return (
        <Panel title="Workers by region" actions={<Link href="/workers">All workers</Link>}>
            <Loaded query={query}>
                {({ items }) =>
                    items.length === 0 ? (
                        <Empty title="No worker is connected.">
                            <Link href="/join">Join with a worker</Link>
                        </Empty>
                    ) : (
                        <ul className={styles.regions}>
                            {[...Map.groupBy(items, regionOf)].sort().map(([region, workers]) => (
                                <li key={region}>
                                    <h3>
                                        <Untrusted text={region} max={40} /> <span>{workers.length}</span>
                                    </h3>
                                    <div className={styles.cells}>
                                        {workers.map((worker) => (
                                            <Cell key={worker.id} worker={worker} />
                                        ))}
                                    </div>
                                </li>
                            ))}
                        </ul>
                    )
                }
            </Loaded>
        </Panel>
    );
}

function Cell({ worker }: { worker: Worker }) {
    const used = worker.slots === 0 ? 0 : worker.slotsUsed / worker.slots;
    const about = `Worker ${worker.id.slice(0, 10)}: ${worker.slotsUsed} of ${worker.slots} slots in use, ${worker.level}`;
    return (
        <Link
            href={`/workers/${worker.id}`}
            className={worker.level === 'excluded' || worker.maintenance ? styles.resting : styles.cell}
            style={{ '--used': `${Math.round(used * 100)}%` } as React.CSSProperties}
            aria-label={about}
            title={about}
        />
    );
}
