import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytesText, count } from '../../text/numbers';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Facts, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Ago, Amount, Id } from '../../ui/Values';
import { admissions, type Admission } from './admissions';
import { Decision } from './Decision';
import styles from './Join.module.css';

const pageBytes = 64 * 1024;

/** Workers that ask to be let in, as they come, with what each would be allowed. Only an operator's key sees them. */
export function Requests({ isForKnownOnly }: { isForKnownOnly: boolean }) {
    const query = useInfiniteQuery(admissions('waiting'));
    const [asked, setAsked] = useState<{ worker: string; admitted: boolean } | null>(null);
    if (query.data?.pages[0] === null) {
        return null;
    }
    const waiting = query.data?.pages.flatMap((page) => page?.items ?? []) ?? [];
    return (
        <Panel
            title="Requests for admission"
            actions={<Badge tone={waiting.length > 0 ? 'warn' : 'quiet'}>{`${count(waiting.length)} waiting`}</Badge>}
        >
            <Loaded query={query}>
                {() => (
                    <div className={styles.stack} aria-live="polite">
                        {waiting.length === 0 ? (
                            <Empty title="No worker asks to be let in.">
                                <p>
                                    {isForKnownOnly
                                        ? 'A worker that you do not know yet appears here when it first connects.'
                                        : 'This market lets every worker in that you have not refused.'}
                                </p>
                            </Empty>
                        ) : (
                            <ul className={styles.requests}>
                                {waiting.map((admission) => (
                                    <Request key={admission.worker} admission={admission} onAsk={setAsked} />
                                ))}
                            </ul>
                        )}
                        {query.hasNextPage && (
                            <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                                Show more
                            </Button>
                        )}
                    </div>
                )}
            </Loaded>
            {asked !== null && <Decision {...asked} onClose={() => setAsked(null)} />}
        </Panel>
    );
}

interface RequestProps {
    admission: Admission;
    onAsk: (asked: { worker: string; admitted: boolean }) => void;
}

function Request({ admission: { worker, offer }, onAsk }: RequestProps) {
    if (offer === undefined) {
        return null;
    }
    return (
        <li className={styles.request}>
            <span className={styles.asker}>
                Worker <Id value={worker} length={16} />
                <span className={styles.quiet}>
                    asked first <Ago at={offer.firstAt} />, last <Ago at={offer.lastAt} />, from{' '}
                    <Untrusted text={offer.address} max={64} />
                </span>
            </span>
            <Facts
                facts={[
                    [
                        'Runs jobs',
                        <span key="">
                            {count(offer.slots)} at a time with up to {bytesText(offer.memoryPagesMax * pageBytes)}{' '}
                            each, for <Amount units={offer.pricePerMillionFuel} /> a million fuel
                        </span>,
                    ],
                    [
                        'Region',
                        offer.region === undefined ? 'says none' : <Untrusted key="" text={offer.region} max={80} />,
                    ],
                    [
                        'Committees',
                        offer.committee ? 'with enough at stake it may be drawn, and signs receipts' : 'serves in none',
                    ],
                    ['Is paid to', <Id key="" value={offer.payTo} />],
                ]}
            />
            <span className={styles.actions}>
                <Button kind="main" onClick={() => onAsk({ worker, admitted: true })}>
                    Let in…
                </Button>
                <Button onClick={() => onAsk({ worker, admitted: false })}>Refuse…</Button>
            </span>
        </li>
    );
}
