import { useQuery } from '@tanstack/react-query';
import { account } from '../../api/queries';
import { Facts, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Amount, Id } from '../../ui/Values';
import styles from './Worker.module.css';

/** What the account has earned for which the worker works. Only the account's own figures can be asked for. */
export function Earnings({ worker, payTo }: { worker: string; payTo: string | undefined }) {
    const query = useQuery(account);
    const earner = payTo ?? worker;
    return (
        <Panel title="Earnings">
            <Loaded query={query}>
                {(mine) =>
                    mine.id === earner ? (
                        <div className={styles.stack}>
                            <Facts
                                facts={[
                                    ['Earned', <Amount key="" units={mine.earned} />],
                                    ['Available', <Amount key="" units={mine.available} />],
                                    ['Account', <Id key="" value={mine.id} />],
                                ]}
                            />
                            <p className={styles.quiet}>
                                This is your account’s, by all the workers that earn for it, and as a deployer.
                            </p>
                        </div>
                    ) : (
                        <Empty title="It earns for another account.">
                            <p>
                                Sign in with a key of <Id value={earner} /> to see what that has earned.
                            </p>
                        </Empty>
                    )
                }
            </Loaded>
        </Panel>
    );
}
