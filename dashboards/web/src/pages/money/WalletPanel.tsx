import { useQuery } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import { settlement } from '../../api/queries';
import type { Contracts } from '../../chain/escrow';
import { useWallet, type Connected } from '../../chain/useWallet';
import { WrongChain } from '../../chain/WrongChain';
import { Button } from '../../ui/Button';
import { Facts, Panel } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { Amount, Id } from '../../ui/Values';
import { Claim } from './Claim';
import { Deposit } from './Deposit';
import styles from './Money.module.css';
import { Withdraw } from './Withdraw';

export const chainQuery = ['account', 'chain'];

/** The account on the chain, and the wallet with which its owner deposits, claims and withdraws. */
export function WalletPanel({ market, chain }: { market: string; chain: Schemas['MarketChain'] }) {
    const { wallet, isBusy, open, close } = useWallet();
    const known = useQuery({
        queryKey: chainQuery,
        queryFn: () => ok(api.GET('/v1/account/chain')),
        refetchInterval: 5000,
    });
    const token = useQuery(settlement).data?.token;
    return (
        <Panel
            title="On the chain"
            actions={
                wallet === null ? (
                    <Button kind="main" busy={isBusy} onClick={() => void open()}>
                        Connect a wallet
                    </Button>
                ) : (
                    <Button onClick={close}>Leave the wallet</Button>
                )
            }
        >
            <Loaded query={known}>
                {(account) => (
                    <div className={styles.stack}>
                        <Facts
                            facts={[
                                [
                                    'Its address',
                                    account.owner === undefined ? (
                                        'none stands for it yet'
                                    ) : (
                                        <Id key="" value={account.owner} length={20} />
                                    ),
                                ],
                                ['Deposited', <Amount key="" units={account.deposited} />],
                                ['In the books', <Amount key="" units={account.booked} />],
                                [
                                    'Withdrawal asked for',
                                    account.requested === '0' ? null : <Amount key="" units={account.requested} />,
                                ],
                                ['Claimed', <Amount key="" units={account.claimed} />],
                                ['Wallet', wallet === null ? null : <Id key="" value={wallet.address} length={20} />],
                                ['Wallet’s chain', wallet === null ? null : wallet.chainId],
                            ]}
                        />
                        {account.owner === undefined && <Naming />}
                        {wallet !== null &&
                            (wallet.chainId !== chain.chainId ? (
                                <WrongChain wallet={wallet} chainId={chain.chainId} />
                            ) : token === undefined ? (
                                <p>The market’s node of the chain does not answer, so nothing can be sent now.</p>
                            ) : (
                                account.owner !== undefined && (
                                    <Actions
                                        key={wallet.address}
                                        wallet={wallet}
                                        contracts={{
                                            chainId: chain.chainId,
                                            market,
                                            escrow: chain.contract,
                                            token: token.address,
                                        }}
                                        owner={account.owner}
                                    />
                                )
                            ))}
                    </div>
                )}
            </Loaded>
        </Panel>
    );
}

/** Two keys sign which address stands for an account. The account's own is in a file, and no browser has it. */
const Naming = () => (
    <div className={styles.stack}>
        <p>
            Before the first deposit or claim, an address has to stand for the account, for ever. The account’s own key
            signs that, which is in its data folder and not in this browser. Do it on the command line, where that
            folder is, with the first deposit or claim:
        </p>
        <code className={styles.command}>market account deposit AMOUNT --chain-key owner.json</code>
        <p className={styles.quiet}>
            <code>market chain key new owner.json</code> makes a key. Import the file into your wallet, and the wallet
            acts for the same address here.
        </p>
    </div>
);

export interface WalletProps {
    wallet: Connected;
    contracts: Contracts;
    owner: string;
}

const Actions = (props: WalletProps) => (
    <div className={styles.stack}>
        {props.wallet.address !== props.owner && (
            <p className={styles.quiet}>
                The wallet’s address is not the account’s. It may deposit for the account and pay the fee of a claim;
                the money is the account’s address’s, and only that one can withdraw.
            </p>
        )}
        <div className={styles.row}>
            <Deposit {...props} />
            <Claim {...props} />
            {props.wallet.address === props.owner && <Withdraw {...props} />}
        </div>
    </div>
);
