import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { account } from '../../api/queries';
import { Panel } from '../../ui/Panel';
import { ErrorBox, Loaded } from '../../ui/States';
import { useHead } from '../ledger/LedgerView';
import { Records } from '../ledger/Records';

/** What was done with the account's keys and programs, from its signed ledger. */
export function Movements() {
    const query = useQuery(account);
    return <Loaded query={query}>{({ id }) => <Of key={id} ledger={`account.${id}`} />}</Loaded>;
}

function Of({ ledger }: { ledger: string }) {
    const query = useHead(ledger);
    return (
        <Panel title="History of the account" flush actions={<Link href={`/ledger/${ledger}`}>In the ledger</Link>}>
            <Loaded query={query}>
                {(head) => (
                    <>
                        {head.fault !== null && <ErrorBox error={new Error(head.fault)} />}
                        <Records key={head.file.head.size} ledger={ledger} head={head} count={10} />
                    </>
                )}
            </Loaded>
        </Panel>
    );
}
