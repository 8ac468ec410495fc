import type { DisputeResult, Evidence } from '../../verify/dispute';
import { amountText } from '../../text/amount';
import { Badge } from '../../ui/Badge';
import { Panel } from '../../ui/Panel';
import { Untrusted } from '../../ui/Text';
import { Id } from '../../ui/Values';
import styles from './Dispute.module.css';

interface Props {
    number: number;
    evidence: Evidence;
    differs: Set<keyof DisputeResult>;
    hasVerdict: boolean;
}

/** One result, and the signatures of those that gave it. */
export function Result({ number, evidence, differs, hasVerdict }: Props) {
    const { result, execution, votes, isVerdict, isAccepted, isOfMachine } = evidence;
    return (
        <Panel
            title={`Result ${number}`}
            actions={
                <>
                    {isVerdict && <Badge tone="good">right by the jury</Badge>}
                    {hasVerdict && !isVerdict && !isOfMachine && <Badge tone="bad">wrong</Badge>}
                    {isOfMachine && <Badge tone="quiet">depends on the machine</Badge>}
                    {isAccepted && <Badge tone="live">the job ended by it</Badge>}
                </>
            }
        >
            <dl className={styles.result}>
                {rows.map(([name, label]) => (
                    <div key={name} className={differs.has(name) ? styles.differs : undefined}>
                        <dt>
                            {label}
                            {differs.has(name) && <span className="visually-hidden"> (differs)</span>}
                        </dt>
                        <dd>{shownOf(result, name)}</dd>
                    </div>
                ))}
                <div>
                    <dt>Execution</dt>
                    <dd>
                        <Id value={execution} length={16} />
                    </dd>
                </div>
            </dl>
            <h3 className={styles.heading}>
                {votes.length === 0 ? 'No worker signed it' : `Signed by ${votes.length}`}
            </h3>
            <ul className={styles.votes}>
                {votes.map(({ worker, role, signature, isSigned }) => (
                    <li key={worker}>
                        <span className={styles.row}>
                            <Badge tone="quiet">{role}</Badge>
                            <Id value={worker} href={`/workers/${worker}`} />
                            <Badge tone={isSigned ? 'good' : 'bad'}>
                                {isSigned ? 'signature holds' : 'signature does not hold'}
                            </Badge>
                        </span>
                        <code className={styles.signature}>{signature}</code>
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

const rows: [keyof DisputeResult, string][] = [
    ['outcome', 'Outcome'],
    ['exitCode', 'Exit code'],
    ['fuel', 'Fuel'],
    ['output', 'Output'],
    ['outputFiles', 'Files'],
    ['stateBefore', 'State before'],
    ['stateAfter', 'State after'],
    ['writes', 'Writes'],
    ['profile', 'Profile'],
];

function shownOf(result: DisputeResult, name: keyof DisputeResult) {
    if (name === 'outputFiles') {
        return result.outputFiles.length === 0
            ? 'none'
            : result.outputFiles.map((file) => (
                  <span key={file.name} className={styles.file}>
                      <Untrusted text={file.name} max={60} /> <Id value={file.content} length={12} />
                  </span>
              ));
    }
    const value = result[name];
    return name === 'outcome' ? (
        <Untrusted text={value.replaceAll('_', ' ')} />
    ) : name === 'fuel' ? (
        amountText(value, null)
    ) : /^(blob)?0+$/.test(value) ? (
        name === 'exitCode' ? (
            value
        ) : (
            'none'
        )
    ) : (
        <Id value={value} length={14} />
    );
}
