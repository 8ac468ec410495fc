import { useQuery } from '@tanstack/react-query';
import { market } from '../../api/queries';
import { compact } from '../../text/numbers';
import { spanText } from '../../text/time';
import { Badge } from '../../ui/Badge';
import { Chart } from '../../ui/Chart';
import { Grid, PageHead, Panel, Stat, Stats } from '../../ui/Panel';
import { Empty, ErrorBox } from '../../ui/States';
import { Amount } from '../../ui/Values';
import { Books } from './Books';
import { Events } from './Events';
import { FirstRun } from './FirstRun';
import { percentile, useLive, type Live } from './live';
import { Prices } from './Prices';
import { Regions } from './Regions';

const words = { connecting: 'connecting', live: 'live', lost: 'connection lost' } as const;
const tones = { connecting: 'quiet', live: 'good', lost: 'bad' } as const;

export default function Overview() {
    const status = useQuery(market);
    const live = useLive();
    const now = status.data;
    return (
        <>
            <PageHead
                title="Overview"
                about="What the market does at this moment."
                actions={<Badge tone={tones[live.connection]}>{words[live.connection]}</Badge>}
            />
            {status.isError && <ErrorBox error={status.error} retry={() => void status.refetch()} />}
            <FirstRun />
            <Stats>
                <Stat label="Jobs a second" hint="ended, over the last ten seconds">
                    {rate(live).toLocaleString('en', { maximumFractionDigits: 1 })}
                </Stat>
                <Stat label="Queue" hint={now === undefined ? undefined : `${compact(now.runningJobs)} running`}>
                    {now === undefined ? '–' : compact(now.queuedJobs)}
                </Stat>
                <Stat label="Workers" hint={now === undefined ? undefined : `${compact(now.slots)} slots`}>
                    {now === undefined ? '–' : compact(now.workers)}
                </Stat>
                <Stat label="In use" hint="slots that have a job">
                    {now === undefined || now.slots === 0
                        ? '–'
                        : `${Math.round((100 * now.runningJobs) / now.slots)} %`}
                </Stat>
                <Stat label="Lowest price" hint="base units a million fuel">
                    {now?.lowestPricePerMillionFuel === undefined ? (
                        '–'
                    ) : (
                        <Amount units={now.lowestPricePerMillionFuel} />
                    )}
                </Stat>
                <Stat label="Time of a job" hint={`p99 ${latency(live, 0.99)}, your jobs since this page is open`}>
                    {latency(live, 0.5)}
                </Stat>
            </Stats>
            <Grid wide>
                <Panel title="Jobs a second">
                    <Seconds
                        live={live}
                        series={[{ name: 'Ended', of: ({ ended }) => ended }]}
                        label="Jobs that ended, second by second"
                    />
                </Panel>
                <Panel title="Queue and running">
                    <Seconds
                        live={live}
                        series={[
                            { name: 'Waiting', of: ({ queued }) => queued },
                            { name: 'Running', of: ({ running }) => running },
                        ]}
                        label="Jobs that wait and jobs that run, second by second"
                    />
                </Panel>
            </Grid>
            <Prices status={now} />
            <Grid wide>
                <Regions />
                <Events recent={live.recent} />
            </Grid>
            <Books />
        </>
    );
}

/** A number that jumps with each second is hard to read; the last, unfinished second is left out. */
const rate = ({ ticks }: Live) => {
    const last = ticks.slice(-11, -1);
    return last.length === 0 ? 0 : last.reduce((sum, { ended }) => sum + ended, 0) / last.length;
};

const latency = ({ latencies }: Live, part: number) => {
    const value = percentile(latencies, part);
    return value === null ? '–' : spanText(value);
};

interface Line {
    name: string;
    of: (tick: Live['ticks'][number]) => number | null;
}

function Seconds({ live, series, label }: { live: Live; series: Line[]; label: string }) {
    const ticks = live.ticks.slice(0, -1);
    return ticks.length < 2 ? (
        <Empty title="Nothing was seen yet." />
    ) : (
        <Chart
            label={label}
            x={ticks.map(({ at }) => at)}
            series={series.map(({ name, of }) => ({ name, values: ticks.map(of) }))}
            format={compact}
        />
    );
}
