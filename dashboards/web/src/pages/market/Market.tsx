import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import type { Schemas } from '../../api/client';
import { market } from '../../api/queries';
import { count } from '../../text/numbers';
import { Button } from '../../ui/Button';
import { PageHead, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Amount } from '../../ui/Values';
import { Depth } from './Depth';
import { Needs } from './Needs';
import { PriceHistory } from './PriceHistory';

type Class = Schemas['MarketClass'];

const freeOf = ({ free }: Class) => free.reduce((sum, { slots }) => sum + slots, 0);

/** What work costs: by class of jobs, over time, and for a job that is not there yet. */
export default function Market() {
    const query = useQuery(market);
    return (
        <>
            <PageHead
                title="Market"
                about="What work costs. Jobs that need the same of their worker are one class, with prices of its own."
            />
            <Loaded query={query}>{({ classes = [] }) => <Classes classes={classes} />}</Loaded>
            <Needs />
        </>
    );
}

function Classes({ classes }: { classes: Class[] }) {
    const [search, setSearch] = useSearchParams();
    const chosen = classes.find(({ name }) => name === search.get('class')) ?? classes[0];
    const columns: Column<Class>[] = [
        {
            title: 'Class',
            cell: (one) => (
                <Button
                    kind="quiet"
                    aria-pressed={one === chosen}
                    onClick={() => setSearch({ class: one.name }, { replace: true })}
                >
                    <Untrusted text={one.name} max={70} />
                </Button>
            ),
        },
        { title: 'Wait', cell: ({ readyJobs }) => count(readyJobs), end: true },
        { title: 'Run', cell: ({ runningJobs }) => count(runningJobs), end: true, wide: true },
        { title: 'Slots', cell: ({ slots }) => count(slots), end: true, wide: true },
        { title: 'Free', cell: (one) => count(freeOf(one)), end: true },
        {
            title: 'Last price',
            cell: ({ lastPrice }) => (lastPrice === undefined ? '–' : <Amount units={lastPrice} />),
            end: true,
            wide: true,
        },
    ];
    return chosen === undefined ? (
        <Panel title="Classes">
            <Empty title="No job has come since this market was started, so there is no class of jobs.">
                <Link href="/jobs/new">Run a job</Link>
            </Empty>
        </Panel>
    ) : (
        <>
            <Panel title="Classes" flush>
                <Table label="Classes of jobs" columns={columns} rows={classes} rowKey={({ name }) => name} />
            </Panel>
            <Depth one={chosen} />
            <PriceHistory key={chosen.name} one={chosen} />
        </>
    );
}
