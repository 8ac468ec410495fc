import type { Schemas } from '../api/client';

export type Span = Partial<Schemas['PriceSpan']> & { from: string };

const spanMs = { hour: 3_600_000, day: 86_400_000 };

/** With an empty span at each end of the time that is looked at, so that the axis shows all of it. */
export function framed(spans: Span[], span: keyof typeof spanMs): Span[] {
    const [first, last] = [spans[0], spans.at(-1)];
    if (first === undefined || last === undefined) {
        return [];
    }
    const now = Date.now();
    const [start, end] = [
        Math.min(now - spanMs[span], Date.parse(first.from) - 1),
        Math.max(now, Date.parse(last.from) + 1),
    ];
    return [{ from: new Date(start).toISOString() }, ...spans, { from: new Date(end).toISOString() }];
}
