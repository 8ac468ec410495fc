import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { settlementToken } from '../../api/queries';
import { framed, type Span } from '../../text/spans';
import { amountNumber } from '../../text/amount';
import { compact } from '../../text/numbers';
import { Button } from '../../ui/Button';
import { Chart } from '../../ui/Chart';
import { Grid, Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';

/** One line of all classes: the price by the jobs that paid it, the use as the busiest class has it. */
function merged(spans: Span[], priceOf: (units: string | undefined) => number | null) {
    const byTime = new Map<string, Span[]>();
    for (const span of spans) {
        byTime.set(span.from, [...(byTime.get(span.from) ?? []), span]);
    }
    return [...byTime.entries()]
        .sort(([left], [right]) => Date.parse(left) - Date.parse(right))
        .map(([from, together]) => {
            const priced = together.filter(({ mean }) => mean !== undefined);
            const matches = priced.reduce((sum, one) => sum + (one.matches ?? 0), 0);
            const used = together.flatMap(({ usedPermille }) => (usedPermille === undefined ? [] : [usedPermille]));
            return {
                at: Date.parse(from) / 1000,
                price:
                    matches === 0
                        ? null
                        : priced.reduce((sum, one) => sum + (priceOf(one.mean) ?? 0) * (one.matches ?? 0), 0) / matches,
                used: used.length === 0 ? null : Math.max(...used) / 10,
            };
        });
}

export function Prices({ status }: { status: Schemas['MarketStatus'] | undefined }) {
    const [span, setSpan] = useState<'hour' | 'day'>('hour');
    const { data: unit } = useQuery(settlementToken);
    const lines = merged(
        framed(
            (status?.classes ?? [])
                .flatMap((one) => one[span])
                .toSorted((left, right) => Date.parse(left.from) - Date.parse(right.from)),
            span,
        ),
        (units) => amountNumber(units, unit ?? null),
    );
    const x = lines.map(({ at }) => at);
    const other = span === 'hour' ? 'day' : 'hour';
    const change = (
        <Button kind="quiet" onClick={() => setSpan(other)}>
            Show the last {other}
        </Button>
    );
    return (
        <Grid wide>
            <Panel title={`Clearing price, last ${span}`} actions={change}>
                {x.length === 0 ? (
                    <Empty title="No job was matched in this time." />
                ) : (
                    <Chart
                        label={`What jobs paid per million fuel in the last ${span}`}
                        x={x}
                        series={[{ name: 'Mean', values: lines.map(({ price }) => price) }]}
                        format={compact}
                        points={x.length === 3}
                    />
                )}
            </Panel>
            <Panel title={`Slots in use, last ${span}`}>
                {x.length === 0 ? (
                    <Empty title="No slot was looked at in this time." />
                ) : (
                    <Chart
                        label={`How much of the slots was in use in the last ${span}, in percent`}
                        x={x}
                        series={[{ name: 'In use', values: lines.map(({ used }) => used) }]}
                        format={percent}
                        points={x.length === 3}
                    />
                )}
            </Panel>
        </Grid>
    );
}

const percent = (value: number) => `${compact(value)} %`;
