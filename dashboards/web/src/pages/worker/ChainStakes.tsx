import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { info, settlement } from '../../api/queries';
import type { Contracts } from '../../chain/escrow';
import { membersOf, withdrawStake, type Member } from '../../chain/stakes';
import { useWallet, type Connected } from '../../chain/useWallet';
import { WrongChain } from '../../chain/WrongChain';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Facts, Panel } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { toast } from '../../ui/Toasts';
import { Ago, Amount, Id } from '../../ui/Values';
import { ChangeChainStake } from './ChangeChainStake';
import styles from './Worker.module.css';

/** What the reader's wallet has at stake for the worker in the chain's registry; nothing where the market has no chain. */
export function ChainStakes({ worker }: { worker: string }) {
    const market = useQuery(info).data;
    return market?.chain === undefined ? null : (
        <Registry
            worker={worker}
            market={market.market}
            chainId={market.chain.chainId}
            escrow={market.chain.contract}
        />
    );
}

type Place = Omit<Contracts, 'token'>;

function Registry({ worker, ...place }: Place & { worker: string }) {
    const { wallet, isBusy, open, close } = useWallet();
    const token = useQuery(settlement).data?.token?.address;
    return (
        <Panel
            title="Stake on the chain"
            actions={
                wallet === null ? (
                    <Button busy={isBusy} onClick={() => void open()}>
                        Connect a wallet
                    </Button>
                ) : (
                    <Button onClick={close}>Leave the wallet</Button>
                )
            }
        >
            {wallet === null ? (
                <p>
                    With a stake in the chain’s registry the worker signs settlements. Its owner’s wallet shows it here.
                </p>
            ) : wallet.chainId !== place.chainId ? (
                <WrongChain wallet={wallet} chainId={place.chainId} />
            ) : token === undefined ? (
                <p>The market’s node of the chain does not answer, so nothing can be sent now.</p>
            ) : (
                <Members key={wallet.address} worker={worker} wallet={wallet} contracts={{ ...place, token }} />
            )}
        </Panel>
    );
}

interface MembersProps {
    worker: string;
    wallet: Connected;
    contracts: Contracts;
}

function Members({ worker, wallet, contracts }: MembersProps) {
    const members = useQuery({
        queryKey: ['wallet', contracts.escrow, wallet.address, worker],
        queryFn: () => membersOf(wallet.provider, contracts, wallet.address, worker),
    });
    return (
        <Loaded query={members}>
            {(found) =>
                found.length === 0 ? (
                    <>
                        <p>
                            <Id value={wallet.address} length={20} /> has nothing at stake for this worker. The first
                            stake is signed by the worker’s own key, which is in its folder:
                        </p>
                        <code className={styles.command}>market worker stake own AMOUNT --chain-key owner.json</code>
                    </>
                ) : (
                    <div className={styles.stack}>
                        {found.map((member) => (
                            <Staked key={member.id} member={member} wallet={wallet} contracts={contracts} />
                        ))}
                    </div>
                )
            }
        </Loaded>
    );
}

function Staked({ member, wallet, contracts }: Omit<MembersProps, 'worker'> & { member: Member }) {
    const queries = useQueryClient();
    const [change, setChange] = useState<'add' | 'take' | null>(null);
    const pay = useMutation({
        mutationFn: () => withdrawStake(wallet.provider, contracts, wallet.address, member.id),
        onSuccess: () => toast('The stake is paid out.'),
        onError: (error) => toast(error.message, 'bad'),
        onSettled: () => queries.invalidateQueries({ queryKey: ['wallet'] }),
    });
    const { id, stake, unbonding, unbondedAt, isSlashed } = member;
    return (
        <>
            <Facts
                facts={[
                    ['At stake', <Amount key="" units={`${stake}`} />],
                    ['Unbonding', unbonding === 0n ? null : <Amount key="" units={`${unbonding}`} />],
                    ['Paid out from', unbonding === 0n ? null : <Ago key="" at={new Date(unbondedAt).toISOString()} />],
                    ['Member', <Id key="" value={id} />],
                    [
                        'State',
                        isSlashed ? (
                            <Badge key="" tone="bad">
                                slashed
                            </Badge>
                        ) : null,
                    ],
                ]}
            />
            {!isSlashed && (
                <div className={styles.row}>
                    <Button onClick={() => setChange('add')}>Add to it</Button>
                    {stake > 0n && unbonding === 0n && <Button onClick={() => setChange('take')}>Take back</Button>}
                    {unbonding > 0n && (
                        <Button busy={pay.isPending} onClick={() => pay.mutate()}>
                            Have it paid out
                        </Button>
                    )}
                </div>
            )}
            {change !== null && (
                <ChangeChainStake
                    kind={change}
                    member={member}
                    wallet={wallet}
                    contracts={contracts}
                    onClose={() => setChange(null)}
                />
            )}
        </>
    );
}
