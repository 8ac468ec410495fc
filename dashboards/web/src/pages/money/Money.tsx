import { useQuery } from '@tanstack/react-query';
import { info } from '../../api/queries';
import { PageHead } from '../../ui/Panel';
import { Account } from './Account';
import { Holds } from './Holds';
import { Keys } from './Keys';
import { Movements } from './Movements';
import { Refusals } from './Refusals';
import { Settlement } from './Settlement';
import { WalletPanel } from './WalletPanel';

/** The account: its money, its keys, and where the market has one, its chain. */
export default function Money() {
    const market = useQuery(info).data;
    return (
        <>
            <PageHead title="Money" about="What your account has, what it holds for open jobs, and who may spend it." />
            <Account />
            <Holds />
            {market?.chain !== undefined && (
                <>
                    <WalletPanel market={market.market} chain={market.chain} />
                    <Settlement />
                </>
            )}
            <Keys />
            <Refusals />
            <Movements />
        </>
    );
}
