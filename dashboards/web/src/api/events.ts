import { useEffect, useEffectEvent, useState } from 'react';
import { api, ok, type Schemas } from './client';

export type MarketEvent = Schemas['MarketEvent'];
export type Connection = 'connecting' | 'live' | 'lost';

/** Events reach React so many times a second at most, however many come: a page stays responsive under thousands. */
const flushMs = 250;

/** What one flush keeps at most; older ones of the same flush are only counted. */
const flushMax = 5000;

const retryMs = [500, 1000, 2000, 5000, 10_000];

const names = ['jobs', 'capabilities', 'results', 'reputation', 'health'] as const;

/**
 * Events of the market as they come, in batches: what came since the last call, newest last, and how many there were.
 * A connection that breaks is opened again with a new ticket.
 */
export function useMarketEvents(
    query: { stream?: string; job?: string; worker?: string; class?: string },
    onBatch: (events: MarketEvent[], count: number) => void,
): Connection {
    const [state, setState] = useState<Connection>('connecting');
    const deliver = useEffectEvent(onBatch);
    const { stream = names.join(','), job, worker, class: kind } = query;

    useEffect(() => {
        let source: EventSource | null = null;
        let failures = 0;
        let retry: ReturnType<typeof setTimeout> | undefined;
        let isOver = false;
        let waiting: MarketEvent[] = [];
        let count = 0;

        const flush = setInterval(() => {
            if (count > 0) {
                deliver(waiting, count);
                waiting = [];
                count = 0;
            }
        }, flushMs);

        const take = (event: MessageEvent<string>) => {
            count += 1;
            const told = JSON.parse(event.data) as MarketEvent;
            // The market does not say when a job ended: it is now, and not when the batch is handed over.
            told.at ??= new Date().toISOString();
            waiting.push(told);
            if (waiting.length > flushMax) {
                waiting = waiting.slice(-flushMax / 2);
            }
        };

        const lose = () => {
            source?.close();
            if (!isOver) {
                setState('lost');
                retry = setTimeout(() => void open(), retryMs[Math.min(failures++, retryMs.length - 1)]);
            }
        };

        async function open() {
            try {
                const { ticket } = await ok(api.POST('/v1/events/tickets'));
                if (isOver) {
                    return;
                }
                const words = new URLSearchParams({ ticket, stream });
                for (const [name, value] of Object.entries({ job, worker, class: kind })) {
                    if (value !== undefined) {
                        words.set(name, value);
                    }
                }
                source = new EventSource(`/v1/events?${words}`);
                source.onopen = () => {
                    failures = 0;
                    setState('live');
                };
                source.onerror = lose;
                for (const name of names) {
                    source.addEventListener(name, take);
                }
            } catch {
                lose();
            }
        }

        void open();
        return () => {
            isOver = true;
            clearTimeout(retry);
            clearInterval(flush);
            source?.close();
        };
    }, [stream, job, worker, kind]);

    return state;
}
