import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { settlementToken } from '../../api/queries';
import { framed } from '../../text/spans';
import { amountNumber } from '../../text/amount';
import { compact } from '../../text/numbers';
import { Button } from '../../ui/Button';
import { Chart } from '../../ui/Chart';
import { Grid, Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';

const percent = (value: number) => `${compact(value)} %`;

/** What jobs of the class paid, how many there were, and how busy its workers were. */
export function PriceHistory({ one }: { one: Schemas['MarketClass'] }) {
    const [span, setSpan] = useState<'hour' | 'day'>('hour');
    const token = useQuery(settlementToken).data ?? null;
    const spans = framed(one[span], span);
    const other = span === 'hour' ? 'day' : 'hour';
    const x = spans.map(({ from }) => Date.parse(from) / 1000);
    const priced = (name: 'low' | 'mean' | 'high') => spans.map((part) => amountNumber(part[name], token));
    // One span alone gives no line.
    const shared = { x, points: x.length === 3 };
    const isLone = spans.filter(({ mean }) => mean !== undefined).length === 1;
    return (
        <>
            <Panel
                title={`Prices, last ${span}`}
                actions={
                    <Button kind="quiet" onClick={() => setSpan(other)}>
                        Show the last {other}
                    </Button>
                }
            >
                {x.length === 0 ? (
                    <Empty title={`No job of this class was matched in the last ${span}.`} />
                ) : (
                    <Chart
                        {...shared}
                        label={`The least, mean and most that jobs paid a million fuel in the last ${span}`}
                        series={[
                            { name: 'Least', values: priced('low') },
                            { name: 'Mean', values: priced('mean') },
                            { name: 'Most', values: priced('high') },
                        ]}
                        format={compact}
                        points={isLone}
                    />
                )}
            </Panel>
            {x.length > 0 && (
                <Grid wide>
                    <Panel title={`Jobs matched, last ${span}`}>
                        <Chart
                            {...shared}
                            label={`Jobs that found a worker in the last ${span}`}
                            series={[{ name: 'Matched', values: spans.map(({ matches }) => matches ?? null) }]}
                            format={compact}
                        />
                    </Panel>
                    <Panel title={`Slots in use, last ${span}`}>
                        <Chart
                            {...shared}
                            label={`How much of the slots was in use in the last ${span}, in percent`}
                            series={[
                                {
                                    name: 'In use',
                                    values: spans.map(({ usedPermille }) =>
                                        usedPermille === undefined ? null : usedPermille / 10,
                                    ),
                                },
                            ]}
                            format={percent}
                        />
                    </Panel>
                </Grid>
            )}
        </>
    );
}
