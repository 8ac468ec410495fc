import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Schemas } from '../../api/client';
import { useMarketEvents } from '../../api/events';
import { info } from '../../api/queries';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { PageHead, Panel } from '../../ui/Panel';
import { Untrusted } from '../../ui/Text';
import { toast } from '../../ui/Toasts';
import { Amount, Id } from '../../ui/Values';
import { commandOf, isLocal } from './command';
import { Decided } from './Decided';
import styles from './Join.module.css';
import { Requests } from './Requests';

type Worker = Schemas['MarketWorker'];

const isHere = isLocal(location.hostname);
const workersMax = 20;

/** How a new worker comes to this market, and that it has come. */
export default function Join() {
    const { data } = useQuery(info);
    const isForKnownOnly = data?.knownWorkersOnly === true;
    return (
        <>
            <PageHead
                title="Join"
                about="A worker is a program on a machine of yours. It runs jobs, and your account earns what they pay."
            />
            <Panel title="Start a worker">
                <div className={styles.stack}>
                    <p>In a checkout of the marketplace, with the .NET 10 SDK:</p>
                    <Command text={commandOf(location)} />
                    <p>
                        It makes its key in <code>./worker-data</code>, opens the account of this key, offers the
                        machine’s cores and takes jobs. It works from behind any NAT. <code>--price</code>,{' '}
                        <code>--slots</code>, <code>--memory</code> and <code>--pay-to</code> change what it offers and
                        which account earns; <code>--help</code> has all of them.
                    </p>
                    {isHere ? (
                        <p>
                            This address is for a worker on the silo’s own machine. For others the silo listens beyond
                            loopback (<code>--urls</code>, <code>--certificate</code>), and you open this page there.
                        </p>
                    ) : (
                        location.protocol === 'http:' && (
                            <p>
                                <Badge tone="warn">plain HTTP</Badge> Jobs and an API key cross the network readable.{' '}
                                <code>--allow-plaintext</code> says that the network is yours; else ask the operator for
                                an address with https.
                            </p>
                        )
                    )}
                    {isForKnownOnly && (
                        <p>
                            This market lets in workers that its operator knows. Another one asks, and waits until the
                            operator has let it in.
                        </p>
                    )}
                </div>
            </Panel>
            <Requests isForKnownOnly={isForKnownOnly} />
            <Arrivals />
            <Decided />
            <Help isForKnownOnly={isForKnownOnly} />
        </>
    );
}

function Command({ text }: { text: string }) {
    const copy = () => {
        void navigator.clipboard.writeText(text).then(
            () => toast('Copied'),
            () => toast('The browser did not allow to copy.', 'bad'),
        );
    };
    return (
        <div className={styles.command}>
            <code>{text}</code>
            <Button kind="main" onClick={copy}>
                Copy
            </Button>
        </div>
    );
}

const words = { connecting: 'connecting', live: 'watching', lost: 'connection lost' } as const;
const tones = { connecting: 'quiet', live: 'live', lost: 'bad' } as const;

/** Workers that offered while the page was open, the newest first. */
function Arrivals() {
    const [workers, setWorkers] = useState<Worker[]>([]);
    const connection = useMarketEvents({ stream: 'capabilities' }, (events) =>
        setWorkers((before) =>
            events.reduce((now, { kind, offer, worker }) => {
                const others = now.filter(({ id }) => id !== (offer?.id ?? worker));
                return kind === 'offered' && offer !== undefined
                    ? [offer, ...others].slice(0, workersMax)
                    : kind === 'left' || kind === 'lost'
                      ? others
                      : now;
            }, before),
        ),
    );
    return (
        <Panel title="It appears here" actions={<Badge tone={tones[connection]}>{words[connection]}</Badge>}>
            <div aria-live="polite">
                {workers.length === 0 ? (
                    <p>No worker has come since this page is open. The first offer appears here within seconds.</p>
                ) : (
                    <ul className={styles.workers}>
                        {workers.map((worker) => (
                            <li key={worker.id}>
                                <Badge tone="good">is here</Badge>
                                <Id value={worker.id} href={`/workers/${worker.id}`} />
                                <span>
                                    {worker.slots === 1 ? '1 slot' : `${worker.slots} slots`} at{' '}
                                    <Amount units={worker.pricePerMillionFuel} /> a million fuel
                                </span>
                                {worker.labels?.map((label) => (
                                    <Badge key={label} tone="quiet">
                                        <Untrusted text={label} max={40} />
                                    </Badge>
                                ))}
                            </li>
                        ))}
                    </ul>
                )}
            </div>
            <p>
                <Link href="/workers">All workers</Link>
            </p>
        </Panel>
    );
}

const Help = ({ isForKnownOnly }: { isForKnownOnly: boolean }) => (
    <Panel title="If it does not appear">
        <ol className={styles.steps}>
            <li>
                Read what the worker says: it names the reason where the market refuses it, and tries again by itself
                where the silo does not answer.
            </li>
            <li>
                {isForKnownOnly
                    ? 'This silo lets in only the workers that its operator knows.'
                    : 'This silo lets every worker in that its operator has not refused.'}{' '}
                An operator decides on this page or by <code>market worker admit</code>, or writes the worker’s key,
                which the worker says at its start, into <code>known-workers</code> of the silo’s data folder, one key a
                line. The worker comes in at its next try.
            </li>
            <li>
                Have <code>market doctor</code> look at the machine: it says which isolation works, and why not a
                stricter one.
            </li>
            <li>
                It appears and gets no work? <code>market worker explain WORKER</code> says why.
            </li>
        </ol>
    </Panel>
);
