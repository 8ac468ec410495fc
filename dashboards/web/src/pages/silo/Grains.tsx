import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../../api/client';
import { compact, count } from '../../text/numbers';
import { spanText } from '../../text/time';
import { Panel, Stat, Stats } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { latencyText, perSecond, shortName, silosOf, type Silo } from './facts';
import { grains } from './queries';
import styles from './Silo.module.css';

type Activations = Schemas['GrainActivations'];
type Method = Schemas['GrainMethod'];

const figure = (value: number | undefined) => (value === undefined ? '' : count(value));

/** The name as it is, for who points at what is cut. */
const Name = ({ text, shown = shortName(text) }: { text: string; shown?: string }) => (
    <span title={text} className={styles.name}>
        <Untrusted text={shown} max={200} />
    </span>
);

const address: Column<Activations> = { title: 'Silo', cell: ({ silo }) => <Untrusted text={silo ?? ''} max={60} /> };

/** What a silo of a cluster does not know is left out. */
const columnsOf = (isCluster: boolean): Column<Activations>[] => [
    { title: 'Grain', cell: ({ grain }) => <Name text={grain} /> },
    ...(isCluster ? [address] : []),
    { title: 'Activations', cell: ({ activations }) => count(activations), end: true },
    ...(isCluster
        ? []
        : [
              { title: 'Waiting', cell: ({ waiting }: Activations) => figure(waiting), end: true },
              {
                  title: 'In the fullest',
                  cell: ({ waitingMax }: Activations) => figure(waitingMax),
                  end: true,
                  wide: true,
              },
              { title: 'Running', cell: ({ running }: Activations) => figure(running), end: true },
          ]),
];

const methodColumns = (windowMs: number): Column<Method>[] => [
    {
        title: 'Method',
        cell: ({ grain, method }) => <Name text={`${grain}.${method}`} shown={`${shortName(grain)}.${method}`} />,
    },
    { title: 'Calls/s', cell: ({ calls }) => compact(perSecond(calls, windowMs)), end: true },
    { title: 'p50', cell: ({ p50Us }) => latencyText(p50Us), end: true },
    { title: 'p99', cell: ({ p99Us }) => latencyText(p99Us), end: true },
    { title: 'Failures', cell: ({ failures }) => count(failures), end: true },
    { title: 'Calls since start', cell: ({ callsTotal }) => count(callsTotal), end: true, wide: true },
    { title: 'Failures since start', cell: ({ failuresTotal }) => count(failuresTotal), end: true, wide: true },
];

const siloColumns: Column<Silo>[] = [
    { title: 'Silo', cell: ({ address: at }) => <Untrusted text={at} max={60} /> },
    { title: 'Activations', cell: ({ activations }) => count(activations), end: true },
    { title: 'Classes of grains', cell: ({ classes }) => count(classes), end: true },
];

/** What the grains do, the busiest first. */
export function Grains({ hasDashboard }: { hasDashboard: boolean }) {
    const query = useQuery(grains);
    return (
        <Loaded query={query}>
            {({ grains: all, methods, windowMs, reminders }) => (
                <>
                    <Totals all={all} methods={methods} windowMs={windowMs} reminders={reminders} />
                    <Silos all={all} hasDashboard={hasDashboard} />
                    <Panel title="Grains" flush>
                        {all.length === 0 ? (
                            <Empty title="No grain is active." />
                        ) : (
                            <Table
                                label="Grains by class"
                                columns={columnsOf(silosOf(all).length > 0)}
                                rows={all}
                                rowKey={({ grain, silo }) => `${silo ?? ''} ${grain}`}
                            />
                        )}
                    </Panel>
                    <Panel title="Calls" flush>
                        {methods.length === 0 ? (
                            <Empty title="No grain was called in the last seconds." />
                        ) : (
                            <Table
                                label={`Calls of this silo in the last ${spanText(windowMs)}, those that took the most time first`}
                                columns={methodColumns(windowMs)}
                                rows={methods}
                                rowKey={({ grain, method }) => `${grain} ${method}`}
                            />
                        )}
                    </Panel>
                </>
            )}
        </Loaded>
    );
}

const sum = <T,>(rows: T[], of: (row: T) => number | undefined) => rows.reduce((all, row) => all + (of(row) ?? 0), 0);

function Totals({
    all,
    methods,
    windowMs,
    reminders,
}: {
    all: Activations[];
    methods: Method[];
    windowMs: number;
    reminders?: number;
}) {
    const waiting = all.some((one) => one.waiting !== undefined) ? sum(all, (one) => one.waiting) : undefined;
    return (
        <Stats>
            <Stat label="Activations" hint="grains in memory">
                {count(sum(all, ({ activations }) => activations))}
            </Stat>
            <Stat label="Calls/s" hint={`of this silo, over ${spanText(windowMs)}`}>
                {compact(
                    perSecond(
                        sum(methods, ({ calls }) => calls),
                        windowMs,
                    ),
                )}
            </Stat>
            {waiting !== undefined && (
                <Stat label="Calls that wait" hint="in the grains’ mailboxes">
                    {count(waiting)}
                </Stat>
            )}
            {reminders !== undefined && (
                <Stat label="Reminders" hint="that will tick">
                    {count(reminders)}
                </Stat>
            )}
        </Stats>
    );
}

/** Those of a cluster. */
function Silos({ all, hasDashboard }: { all: Activations[]; hasDashboard: boolean }) {
    const silos = silosOf(all);
    return (
        silos.length > 0 && (
            <Panel
                title="Cluster"
                flush
                actions={
                    hasDashboard && (
                        <a href="/orleans" target="_blank" rel="noreferrer">
                            Orleans’s dashboard
                        </a>
                    )
                }
            >
                <Table label="Silos" columns={siloColumns} rows={silos} rowKey={({ address: at }) => at} />
            </Panel>
        )
    );
}
