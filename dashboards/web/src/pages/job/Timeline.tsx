import { Link } from 'wouter';
import type { Schemas } from '../../api/client';
import { hasEnded } from '../../api/queries';
import { absoluteText, spanText, zonedText } from '../../text/time';
import { StateBadge } from '../../ui/Badge';
import { Panel } from '../../ui/Panel';
import { Untrusted } from '../../ui/Text';
import styles from './Job.module.css';

/** Each stage with how long it took, why it came and who had it. */
export function Timeline({ job }: { job: Schemas['Job'] }) {
    return (
        <Panel title="Stages">
            <ol className={styles.stages}>
                {job.history.map((step, index) => {
                    const next = job.history[index + 1]?.at;
                    return (
                        <li key={`${step.at} ${step.state} ${index}`}>
                            <StateBadge state={step.state} />
                            <div>
                                <time dateTime={step.at} title={zonedText(step.at)}>
                                    {absoluteText(step.at)}
                                </time>
                                {step.worker !== undefined && (
                                    <>
                                        {', '}
                                        <Link href={`/workers/${step.worker}`}>worker {step.worker.slice(0, 10)}</Link>
                                    </>
                                )}
                                {step.note !== undefined && (
                                    <p>
                                        <Untrusted text={step.note} max={600} />
                                    </p>
                                )}
                            </div>
                            <span className={styles.span}>
                                {next !== undefined
                                    ? spanText(Date.parse(next) - Date.parse(step.at))
                                    : hasEnded(step.state)
                                      ? ''
                                      : 'now'}
                            </span>
                        </li>
                    );
                })}
            </ol>
        </Panel>
    );
}
