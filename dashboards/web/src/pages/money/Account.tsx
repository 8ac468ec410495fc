import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { account } from '../../api/queries';
import { count } from '../../text/numbers';
import { Button } from '../../ui/Button';
import { Facts, Panel, Stat, Stats } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { Amount, Id } from '../../ui/Values';
import styles from './Money.module.css';
import { Transfer } from './Transfer';

export function Account() {
    const query = useQuery(account);
    const [sends, setSends] = useState(false);
    return (
        <Panel title="Account" actions={<Button onClick={() => setSends(true)}>Send money</Button>}>
            <Loaded query={query}>
                {(one) => (
                    <div className={styles.stack}>
                        <Facts facts={[['Id', <Id key="" value={one.id} length={20} />]]} />
                        <Stats>
                            <Stat label="Available" hint="for new jobs">
                                <Amount units={one.available} />
                            </Stat>
                            <Stat label="Held" hint={`for ${count(one.openJobs)} open jobs, and for stakes`}>
                                <Amount units={one.held} />
                            </Stat>
                            <Stat label="Under way" hint="charged, not yet arrived">
                                <Amount units={one.underWay} />
                            </Stat>
                            <Stat label="Earned" hint="from other accounts, in all">
                                <Amount units={one.earned} />
                            </Stat>
                            <Stat label="Spent" hint="in all">
                                <Amount units={one.spent} />
                            </Stat>
                            {one.claimable !== undefined && (
                                <Stat label="Earned for the chain" hint="claimed there, or to be claimed">
                                    <Amount units={one.claimable} />
                                </Stat>
                            )}
                            {one.debt !== undefined && (
                                <Stat label="Debt" hint="paid first by what comes in">
                                    <Amount units={one.debt} />
                                </Stat>
                            )}
                        </Stats>
                        {sends && <Transfer available={one.available} onClose={() => setSends(false)} />}
                    </div>
                )}
            </Loaded>
        </Panel>
    );
}
