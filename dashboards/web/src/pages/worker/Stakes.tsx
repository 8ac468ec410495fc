import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { account } from '../../api/queries';
import { Badge, type Tone } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Ago, Amount, Id } from '../../ui/Values';
import { PutAtStake } from './PutAtStake';
import { TakeBack } from './TakeBack';
import styles from './Worker.module.css';

type Stake = Schemas['Stake'];

const tones: Record<Stake['state'], Tone> = {
    asked: 'live',
    held: 'good',
    unbonding: 'warn',
    refused: 'bad',
    slashed: 'bad',
    released: 'quiet',
};

/** Money at stake for the worker: whose, how much, and how far it is. */
export function Stakes({ worker, reputation }: { worker: string; reputation: Schemas['Reputation'] }) {
    const mine = useQuery(account).data?.id;
    const [puts, setPuts] = useState(false);
    const [taken, setTaken] = useState<Stake | null>(null);
    const { stakes = [], stake } = reputation;
    const columns: Column<Stake>[] = [
        { title: 'Amount', cell: ({ amount }) => <Amount units={amount} />, end: true },
        { title: 'State', cell: ({ state }) => <Badge tone={tones[state]}>{state}</Badge> },
        {
            title: 'Lost',
            cell: (one) => (one.taken === undefined ? '–' : <Amount units={one.taken} />),
            end: true,
            wide: true,
        },
        { title: 'Account', cell: (one) => (one.account === mine ? 'yours' : <Id value={one.account} length={8} />) },
        { title: 'Since', cell: ({ at }) => <Ago at={at} />, wide: true },
        { title: 'Free', cell: ({ endsAt }) => (endsAt === undefined ? '–' : <Ago at={endsAt} />), wide: true },
        { title: 'Name', cell: (one) => <Untrusted text={one.requestId} max={16} />, wide: true },
        {
            title: 'Take back',
            cell: (one) =>
                one.account === mine && one.state === 'held' ? (
                    <Button onClick={() => setTaken(one)}>Take back</Button>
                ) : (
                    '–'
                ),
        },
    ];
    return (
        <Panel
            title="Stakes"
            flush
            actions={
                <>
                    <span className={styles.quiet}>
                        {stake === undefined ? 'Nothing is at stake' : <Amount units={stake} />}
                        {stake !== undefined && ' at stake in all'}
                    </span>
                    <Button onClick={() => setPuts(true)}>Put at stake</Button>
                </>
            }
        >
            {stakes.length === 0 ? (
                <Empty title="Your account has nothing at stake for this worker.">
                    <p>Jobs may ask for a stake; a worker that signs a wrong result loses it.</p>
                </Empty>
            ) : (
                <Table
                    label="Rows of stakes"
                    columns={columns}
                    rows={stakes}
                    rowKey={(one) => `${one.account} ${one.requestId}`}
                />
            )}
            {puts && <PutAtStake worker={worker} onClose={() => setPuts(false)} />}
            {taken !== null && <TakeBack worker={worker} stake={taken} onClose={() => setTaken(null)} />}
        </Panel>
    );
}
