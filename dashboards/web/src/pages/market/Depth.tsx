import type { Schemas } from '../../api/client';
import { count } from '../../text/numbers';
import { Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Amount } from '../../ui/Values';
import styles from './Market.module.css';

/** Free slots of the workers that fit the class, by price: how much work could begin at once, and for what. */
export function Depth({ one }: { one: Schemas['MarketClass'] }) {
    const most = Math.max(1, ...one.free.map(({ slots }) => slots));
    return (
        <Panel title="Free slots by price">
            <p className={styles.about}>
                <Untrusted text={one.name} max={300} />: {count(one.readyJobs)} jobs wait, {count(one.runningJobs)} run.
                Prices are a million fuel.
            </p>
            {one.free.length === 0 ? (
                <Empty
                    title={one.slots === 0 ? 'No worker fits this class now.' : 'All slots have a job at this moment.'}
                />
            ) : (
                <ul className={styles.depth}>
                    {one.free.map(({ price, slots }) => (
                        <li key={price}>
                            <span className={styles.price}>
                                <Amount units={price} />
                            </span>
                            <meter
                                min={0}
                                max={most}
                                value={slots}
                                aria-label={`${count(slots)} slots at ${price} base units`}
                            />
                            <span className={styles.slots}>{count(slots)}</span>
                        </li>
                    ))}
                </ul>
            )}
        </Panel>
    );
}
