import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/client';
import { count } from '../../text/numbers';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { explanation } from './queries';
import styles from './Worker.module.css';

/** What keeps the worker from the jobs that wait. */
export function Why({ worker }: { worker: string }) {
    const query = useQuery(explanation(worker));
    return (
        <Panel title="Why it gets no work">
            {query.error instanceof ApiError && query.error.code === 'forbidden' ? (
                <Empty title="You may not see this.">
                    <p>
                        <Untrusted text={query.error.message} max={600} />
                    </p>
                </Empty>
            ) : (
                <Loaded query={query}>
                    {({ summary, waitingJobs, lookedAt, obstacles }) => (
                        <div className={styles.stack}>
                            <p>
                                <Untrusted text={summary} max={1000} />
                            </p>
                            {obstacles.length > 0 && (
                                <ul className={styles.list}>
                                    {obstacles.map(({ jobs, reason }) => (
                                        <li key={reason}>
                                            <b>{count(jobs)}</b> <Untrusted text={reason} max={600} />
                                        </li>
                                    ))}
                                </ul>
                            )}
                            <p className={styles.quiet}>
                                {count(lookedAt)} of the {count(waitingJobs)} jobs that wait were looked at.
                            </p>
                        </div>
                    )}
                </Loaded>
            )}
        </Panel>
    );
}
