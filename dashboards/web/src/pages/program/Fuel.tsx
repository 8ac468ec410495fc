import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { bytesText, compact, count } from '../../text/numbers';
import { Button } from '../../ui/Button';
import { Chart } from '../../ui/Chart';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { jobsMax, pointsOf, type Point } from './sizes';
import styles from './Program.module.css';

/** How the program's fuel grows with its input. The sizes are asked for when a person wants them. */
export function Fuel({ program }: { program: string }) {
    const [isAsked, setAsked] = useState(false);
    const query = useQuery({
        queryKey: ['fuel by size', program],
        queryFn: ({ signal }) => pointsOf(program, signal),
        enabled: isAsked,
        staleTime: Infinity,
    });
    return (
        <Panel
            title="Fuel against input size"
            actions={
                query.data !== undefined && (
                    <Button busy={query.isFetching} onClick={() => void query.refetch()}>
                        Ask again
                    </Button>
                )
            }
        >
            {isAsked ? (
                <Loaded query={query}>
                    {({ points, gone }) =>
                        points.length === 0 ? (
                            <Empty title="Your account has no completed job of it whose input is there.">
                                <Link href={`/jobs/new?program=${program}`}>Run one</Link>
                            </Empty>
                        ) : (
                            <Plot points={points} gone={gone} />
                        )
                    }
                </Loaded>
            ) : (
                <Empty title={`Plot the newest ${jobsMax} completed jobs of your account.`}>
                    <p>This asks the silo for the size of each job’s input.</p>
                    <Button onClick={() => setAsked(true)}>Plot</Button>
                </Empty>
            )}
        </Panel>
    );
}

function Plot({ points, gone }: { points: Point[]; gone: number }) {
    const [x, series] = useMemo(
        () => [points.map(({ size }) => size), [{ name: 'Fuel', values: points.map(({ fuel }) => fuel) }]],
        [points],
    );
    const fuels = points.map(({ fuel }) => fuel);
    const summary =
        `${count(points.length)} jobs, with inputs of ${bytesText(x[0] ?? 0)} to ${bytesText(x.at(-1) ?? 0)}, ` +
        `used ${count(Math.min(...fuels))} to ${count(Math.max(...fuels))} fuel.`;
    return (
        <>
            <Chart
                label={`Fuel against input size. ${summary}`}
                x={x}
                series={series}
                time={false}
                points
                height={280}
                format={compact}
                formatX={compact}
            />
            <p className={styles.quiet}>
                Across: bytes of input; up: fuel. {summary}
                {gone > 0 && ` The inputs of ${count(gone)} more are there no more.`}
            </p>
        </>
    );
}
