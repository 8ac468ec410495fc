import { useQuery } from '@tanstack/react-query';
import { ApiError, type Schemas } from '../../api/client';
import { info, market } from '../../api/queries';
import { count } from '../../text/numbers';
import { Badge, type Tone } from '../../ui/Badge';
import { Facts, Grid, PageHead, Panel, Stat, Stats } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Id } from '../../ui/Values';
import { Books } from '../overview/Books';
import { isOn } from './facts';
import { Grains } from './Grains';
import { isRefused, settings } from './queries';
import { Settings } from './Settings';
import { Storage } from './Storage';

type Health = Schemas['Health'];

const tones: Record<Health['status'], Tone> = {
    live: 'good',
    ready: 'good',
    starting: 'warn',
    stopping: 'warn',
    failed: 'bad',
    unavailable: 'bad',
};

/** A silo that is not ready says so with 503 and the same record, which is an answer here and no failure. */
async function health(route: 'live' | 'ready'): Promise<Health> {
    const response = await fetch(`/health/${route}`).catch(() => {
        throw new ApiError('The silo does not answer. It may be stopped, or the network is down.', null, 0);
    });
    const body: unknown = await response.json().catch(() => null);
    if (typeof body !== 'object' || body === null || !('status' in body) || !('version' in body)) {
        throw new ApiError(`The silo answered with status ${response.status}.`, null, response.status);
    }
    return body as Health;
}

/** How the process that answers here is. */
export default function Silo() {
    const status = useQuery(market);
    return (
        <>
            <PageHead
                title="Silo"
                about="The process that serves these pages: its health, its queue, its books, its grains and its settings."
            />
            <Grid>
                <HealthPanel title="Process" route="live" />
                <HealthPanel title="Service" route="ready" />
            </Grid>
            <Loaded query={status}>{(now) => <Work now={now} />}</Loaded>
            <Which />
            <Books />
            <ForOperators />
        </>
    );
}

function ForOperators() {
    const query = useQuery(settings);
    return isRefused(query) ? (
        <p>What the grains do and how the silo is set is shown to holders of an operator’s key.</p>
    ) : (
        <Loaded query={query}>
            {({ settings: all }) => (
                <>
                    <Grains hasDashboard={isOn(all, '--dashboard')} />
                    <Storage />
                    <Settings all={all} />
                </>
            )}
        </Loaded>
    );
}

function HealthPanel({ title, route }: { title: string; route: 'live' | 'ready' }) {
    const query = useQuery({ queryKey: ['health', route], queryFn: () => health(route), refetchInterval: 5000 });
    return (
        <Panel title={title}>
            {query.isError && query.data !== undefined ? (
                <p>
                    <Badge tone="bad">no answer</Badge> {query.error.message}
                </p>
            ) : (
                <Loaded query={query}>
                    {({ status, version, reason }) => (
                        <Facts
                            facts={[
                                [
                                    'State',
                                    <Badge key="" tone={tones[status]}>
                                        {status}
                                    </Badge>,
                                ],
                                ['Why', reason === undefined ? null : <Untrusted key="" text={reason} max={400} />],
                                ['Version', <Untrusted key="" text={version} max={120} />],
                            ]}
                        />
                    )}
                </Loaded>
            )}
        </Panel>
    );
}

const Work = ({ now }: { now: Schemas['MarketStatus'] }) => (
    <Stats>
        <Stat label="Queue" hint="jobs that wait for a worker">
            {count(now.queuedJobs)}
        </Stat>
        <Stat label="Running" hint="jobs that a worker has">
            {count(now.runningJobs)}
        </Stat>
        <Stat label="Workers" hint={`${count(now.slots)} slots`}>
            {count(now.workers)}
        </Stat>
        <Stat label="Read model" hint={now.readModelLag === 0 ? 'lists show all' : 'writes that lists do not show yet'}>
            {count(now.readModelLag)}
        </Stat>
    </Stats>
);

function Which() {
    const query = useQuery(info);
    return (
        <Panel title="Market">
            <Loaded query={query}>
                {({ market: key, version, chain }) => (
                    <Facts
                        facts={[
                            ['Public key', <Id key="" value={key} length={24} />],
                            ['Version', <Untrusted key="" text={version} max={120} />],
                            ['Address', <Untrusted key="" text={location.origin} max={120} />],
                            ['Settles', chain === undefined ? 'on no chain' : `on chain ${chain.chainId}`],
                            ['Escrow', chain === undefined ? null : <Id key="" value={chain.contract} length={24} />],
                        ]}
                    />
                )}
            </Loaded>
        </Panel>
    );
}
