import type { DisputeFile } from '../../verify/dispute';
import { Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { Amount, Id } from '../../ui/Values';
import styles from './Dispute.module.css';

/** Who lost how much of what was at stake, and who got it. */
export function Lost({ dispute: { slashings, payer, votes } }: { dispute: DisputeFile['dispute'] }) {
    return (
        <Panel title="Who lost what">
            {slashings.length === 0 ? (
                <Empty title="No worker has lost anything." />
            ) : (
                <ul className={styles.votes}>
                    {slashings.map(({ worker, amount, shares }) => (
                        <li key={worker}>
                            <span className={styles.row}>
                                <Id value={worker} href={`/workers/${worker}`} />
                                {votes.find((vote) => vote.worker === worker)?.role} lost <Amount units={amount} />
                            </span>
                            {shares.length > 0 && (
                                <dl className={styles.shares}>
                                    {shares.map((share) => (
                                        <div key={share.account}>
                                            <dt>
                                                {share.account === payer ? 'to the payer' : 'to a juror’s account'}{' '}
                                                <Id value={share.account} length={8} />
                                            </dt>
                                            <dd>
                                                <Amount units={share.amount} />
                                            </dd>
                                        </div>
                                    ))}
                                </dl>
                            )}
                        </li>
                    ))}
                </ul>
            )}
        </Panel>
    );
}
