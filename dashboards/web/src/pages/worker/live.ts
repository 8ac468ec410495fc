import type { MarketEvent } from '../../api/events';

/** The page keeps so many events, and so many scores. */
const keptMax = 200;
const scoresMax = 500;

export interface Kept {
    number: number;
    event: MarketEvent;
}

export interface Score {
    /** Seconds since 1970. */
    at: number;
    score: number;
}

/** The newest first, numbered as they came. A market's pulse is about no worker. */
export function keep(before: Kept[], events: MarketEvent[]): Kept[] {
    const last = before[0]?.number ?? 0;
    const added = events
        .filter(({ kind }) => kind !== 'pulse')
        .map((event, index) => ({ number: last + index + 1, event }))
        .reverse();
    return added.length === 0 ? before : [...added, ...before].slice(0, keptMax);
}

/** Scores that the events tell, behind the one that the page began with. */
export function addScores(before: Score[], events: MarketEvent[], first: number): Score[] {
    const told = events.flatMap(({ at, offer }) =>
        at === undefined || offer === undefined ? [] : [{ at: Date.parse(at) / 1000, score: offer.score }],
    );
    if (told.length === 0) {
        return before;
    }
    const begun = before.length === 0 ? [{ at: (told[0]?.at ?? 0) - 1, score: first }] : before;
    const last = begun.at(-1)?.at ?? 0;
    return [...begun, ...told.filter(({ at }) => at > last).sort((left, right) => left.at - right.at)].slice(
        -scoresMax,
    );
}
