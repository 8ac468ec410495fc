import { useRef, useState } from 'react';
import { useMarketEvents, type Connection, type MarketEvent } from '../../api/events';

/** A second of the market, as this page saw it. */
export interface Tick {
    at: number;
    ended: number;
    queued: number | null;
    running: number | null;
}

export interface Live {
    connection: Connection;
    ticks: Tick[];
    /** Milliseconds from submission to the end of the caller's own jobs, as they came. */
    latencies: number[];
    recent: { id: number; event: MarketEvent }[];
}

/** Ten minutes in view; older seconds are let go, so that a page may stay open for days. */
const ticksMax = 600;
const latenciesMax = 2000;
const recentMax = 40;
const startsMax = 20_000;

interface Memory {
    starts: Map<string, number>;
    latencies: number[];
    ticks: Tick[];
    recent: { id: number; event: MarketEvent }[];
    last: number;
}

function takeLatency(memory: Memory, { kind, job, at }: MarketEvent) {
    if (job === undefined) {
        return;
    }
    if (kind === 'queued') {
        memory.starts.set(job, at === undefined ? Date.now() : Date.parse(at));
        if (memory.starts.size > startsMax) {
            memory.starts.delete(memory.starts.keys().next().value ?? '');
        }
    } else if (kind === 'ended') {
        const start = memory.starts.get(job);
        if (start !== undefined) {
            memory.starts.delete(job);
            memory.latencies.push(Math.max(0, (at === undefined ? Date.now() : Date.parse(at)) - start));
        }
    }
}

function takeTick({ ticks }: Memory, event: MarketEvent) {
    const second = Math.floor(Date.now() / 1000);
    let tick = ticks.at(-1);
    // Seconds without an event stand as zero between those with one.
    while (tick === undefined || tick.at < second) {
        tick = {
            at: tick === undefined ? second : Math.max(tick.at + 1, second - ticksMax),
            ended: 0,
            queued: tick?.queued ?? null,
            running: tick?.running ?? null,
        };
        ticks.push(tick);
    }
    if (event.kind === 'ended') {
        tick.ended += 1;
    } else if (event.kind === 'pulse') {
        tick.queued = event.queuedJobs ?? tick.queued;
        tick.running = event.runningJobs ?? tick.running;
    }
}

/** What happens in the market while the page is open. */
export function useLive(): Live {
    const memory = useRef<Memory>({ starts: new Map(), latencies: [], ticks: [], recent: [], last: 0 });
    const [live, setLive] = useState<Omit<Live, 'connection'>>({ ticks: [], latencies: [], recent: [] });
    const connection = useMarketEvents({}, (events) => {
        const kept = memory.current;
        for (const event of events) {
            takeLatency(kept, event);
            takeTick(kept, event);
        }
        kept.ticks = kept.ticks.slice(-ticksMax);
        kept.latencies = kept.latencies.slice(-latenciesMax);
        const told = events.filter(({ kind }) => kind !== 'pulse').slice(-recentMax);
        kept.recent = [...told.reverse().map((event) => ({ id: ++kept.last, event })), ...kept.recent].slice(
            0,
            recentMax,
        );
        setLive({ ticks: kept.ticks, latencies: kept.latencies, recent: kept.recent });
    });
    return { connection, ...live };
}

export function percentile(values: number[], part: number): number | null {
    const sorted = [...values].sort((left, right) => left - right);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}
