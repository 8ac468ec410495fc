import type { Schemas } from '../../api/client';
import { count } from '../../text/numbers';
import { StateBadge } from '../../ui/Badge';
import { Panel } from '../../ui/Panel';
import { Course } from './Course';
import styles from './Standing.module.css';
import { marksOf, zonesOf } from './zones';

const percent = (score: number) => `${score / 10}%`;

/** The score on a bar from 0 to 1000, with the marks below which each worse level begins. */
export function Standing({ reputation, at }: { reputation: Schemas['Reputation']; at: number }) {
    const { score, level, kept, faulted, margins } = reputation;
    const marks = marksOf(margins);
    return (
        <Panel title="Reputation">
            <div className={styles.standing}>
                <p className={styles.score}>
                    <b>{count(score)}</b> of 1,000 <StateBadge state={level} />
                </p>
                <div
                    className={styles.bar}
                    role="img"
                    aria-label={`Score ${score} of 1000. ${marks.map((mark) => `${mark.level} begins below ${mark.below}`).join(', ')}.`}
                >
                    {zonesOf(margins).map(({ level: zone, from, to }) => (
                        <span
                            key={zone}
                            className={styles[zone]}
                            style={{ insetInlineStart: percent(from), width: percent(to - from) }}
                        />
                    ))}
                    <span className={styles.pointer} style={{ insetInlineStart: percent(score) }} />
                </div>
                <div className={styles.marks} aria-hidden="true">
                    {marks.map(({ below }) => (
                        <span key={below} style={{ insetInlineStart: percent(below) }}>
                            {below}
                        </span>
                    ))}
                </div>
                <ul className={styles.margins}>
                    {marks.map((mark) => (
                        <li key={mark.level}>
                            <StateBadge state={mark.level} />{' '}
                            {mark.faults === 0
                                ? `is reached: the score is below ${mark.below}.`
                                : `begins below ${mark.below}: ${faultsText(mark.faults)} in a row ${mark.faults === 1 ? 'leads' : 'lead'} there.`}
                        </li>
                    ))}
                </ul>
                <Course reputation={reputation} at={at} />
                <p className={styles.quiet}>
                    {count(kept)} jobs ended as agreed, {count(faulted)} did not. Older ones weigh less, dearer ones
                    more.
                </p>
            </div>
        </Panel>
    );
}

const faultsText = (faults: number) =>
    faults === 1 ? 'one fault' : faults >= 1000 ? '1,000 faults or more' : `${faults} faults`;
