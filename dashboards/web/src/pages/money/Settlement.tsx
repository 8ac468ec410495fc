import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../../api/client';
import { settlement } from '../../api/queries';
import { count } from '../../text/numbers';
import { Badge } from '../../ui/Badge';
import { Facts, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Amount, Id } from '../../ui/Values';
import styles from './Money.module.css';

const words: Record<Schemas['SettlementState'], string> = {
    resting: 'rests until the next one',
    signing: 'the committee signs',
    sending: 'is sent to the chain',
    closed: 'the escrow is closed',
};

const columns: Column<Schemas['PastSettlement']>[] = [
    { title: 'Number', cell: ({ number }) => count(number), end: true },
    { title: 'Epoch', cell: ({ epoch }) => count(epoch), end: true, wide: true },
    { title: 'Accounts', cell: ({ accounts }) => count(accounts), end: true, wide: true },
    { title: 'Earned in all', cell: ({ earned }) => <Amount units={earned} />, end: true },
    { title: 'Spent in all', cell: ({ spent }) => <Amount units={spent} />, end: true, wide: true },
    {
        title: 'Transaction',
        cell: ({ transaction }) => (transaction === undefined ? 'another one' : <Id value={transaction} />),
    },
];

/** How the market and its chain stand. */
export function Settlement() {
    const query = useQuery(settlement);
    return (
        <Loaded query={query}>
            {(now) => (
                <>
                    <Panel title="Settlement">
                        <div className={styles.stack}>
                            {now.trouble !== undefined && (
                                <p>
                                    <Badge tone="bad">trouble</Badge> <Untrusted text={now.trouble} max={600} />
                                </p>
                            )}
                            <Facts
                                facts={[
                                    ['Chain', now.chain.chainId],
                                    ['Escrow', <Id key="" value={now.chain.contract} length={20} />],
                                    [
                                        'Token',
                                        now.token === undefined ? null : (
                                            <span key="" className={styles.row}>
                                                <Untrusted text={now.token.symbol} max={20} />
                                                <Id value={now.token.address} length={20} />
                                            </span>
                                        ),
                                    ],
                                    ['Next settlement', words[now.state]],
                                    ['Under way', now.open === undefined ? null : <Open key="" open={now.open} />],
                                    [
                                        'Blocks',
                                        `the newest is ${count(now.head)}; in the books up to ${count(now.counted)}`,
                                    ],
                                    ['Addresses', count(now.accounts)],
                                    ['Members of the committee', count(now.members)],
                                ]}
                            />
                        </div>
                    </Panel>
                    <Panel title="Past settlements" flush>
                        {now.past.length === 0 ? (
                            <Empty title="Nothing was settled yet." />
                        ) : (
                            <Table
                                label="Settlements, the newest first"
                                columns={columns}
                                rows={now.past}
                                rowKey={({ number }) => `${number}`}
                            />
                        )}
                    </Panel>
                </>
            )}
        </Loaded>
    );
}

const Open = ({ open: { number, epoch, signed, asked, transaction } }: { open: Schemas['SettlementUnderWay'] }) => (
    <span>
        number {count(number)} of epoch {count(epoch)}: {signed} of {asked} members have signed
        {transaction !== undefined && (
            <>
                , sent as <Id value={transaction} />
            </>
        )}
    </span>
);
