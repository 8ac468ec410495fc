import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Schemas } from '../../api/client';
import { bytesText, count } from '../../text/numbers';
import { Badge, StateBadge } from '../../ui/Badge';
import { Facts, Grid, PageHead, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Amount, Id } from '../../ui/Values';
import { Appeals } from './Appeals';
import { ChainStakes } from './ChainStakes';
import { Disputes } from './Disputes';
import { Earnings } from './Earnings';
import { Faults } from './Faults';
import { History } from './History';
import { Leases } from './Leases';
import { Live } from './Live';
import { Maintenance } from './Maintenance';
import { offer as offerQuery, reputation as reputationQuery } from './queries';
import { Stakes } from './Stakes';
import { Standing } from './Standing';
import { Why } from './Why';
import styles from './Worker.module.css';

const pageBytes = 64 * 1024;

export default function WorkerPage({ params }: { params: Record<string, string | undefined> }) {
    const id = params.id ?? '';
    const reputation = useQuery(reputationQuery(id));
    return (
        <Loaded query={reputation}>
            {(found) => <Shown key={id} id={id} reputation={found} at={reputation.dataUpdatedAt} />}
        </Loaded>
    );
}

function Shown({ id, reputation, at }: { id: string; reputation: Schemas['Reputation']; at: number }) {
    const offer = useQuery(offerQuery(id));
    return (
        <>
            <PageHead
                title={
                    <span className={styles.title}>
                        Worker <Id value={id} length={16} /> <StateBadge state={reputation.level} />{' '}
                        {reputation.maintenance && <Badge tone="warn">maintenance</Badge>}
                    </span>
                }
                actions={<Maintenance worker={id} isOn={reputation.maintenance} />}
            />
            <Grid wide>
                <Panel title="Offer">
                    <Loaded query={offer}>
                        {(found) =>
                            found === null ? (
                                <Empty title="The market has no offer of this worker now.">
                                    <p>It is not connected, or the market does not know it.</p>
                                </Empty>
                            ) : (
                                <Facts facts={factsOf(found)} />
                            )
                        }
                    </Loaded>
                </Panel>
                <Standing reputation={reputation} at={at} />
            </Grid>
            <Leases worker={id} />
            <Live worker={id} score={reputation.score} />
            <Grid wide>
                <Why worker={id} />
                <Earnings worker={id} payTo={offer.data?.payTo} />
            </Grid>
            <Stakes worker={id} reputation={reputation} />
            <ChainStakes worker={id} />
            <Faults worker={id} faults={reputation.faults} />
            <Appeals worker={id} appeals={reputation.appeals} />
            <Disputes worker={id} />
            <History worker={id} />
        </>
    );
}

const factsOf = (offer: Schemas['MarketWorker']): [string, React.ReactNode][] => [
    [
        'Price',
        <span key="">
            <Amount units={offer.pricePerMillionFuel} /> for a million fuel
        </span>,
    ],
    ['Slots', `${count(offer.slotsUsed)} of ${count(offer.slots)} in use`],
    ['Memory for a job', bytesText(offer.memoryPagesMax * pageBytes)],
    ['At stake', offer.stake === undefined ? 'nothing' : <Amount key="" units={offer.stake} />],
    [
        'Labels',
        offer.labels === undefined ? (
            'none'
        ) : (
            <ul key="" className={styles.labels}>
                {offer.labels.map((label) => (
                    <li key={label}>
                        <Link href={`/workers?label=${encodeURIComponent(label)}`}>
                            <Untrusted text={label} max={129} />
                        </Link>
                    </li>
                ))}
            </ul>
        ),
    ],
    ['Buyers', offer.buyerReputationMin === undefined ? 'any' : `with a score of ${offer.buyerReputationMin} or more`],
    ['Earns for', <Id key="" value={offer.payTo} />],
];
