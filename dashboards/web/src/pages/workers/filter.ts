import type { Schemas } from '../../api/client';

export type Worker = Schemas['MarketWorker'];
export type Level = Schemas['StandingLevel'];

export const levels: Level[] = ['good', 'newcomer', 'warning', 'probation', 'excluded'];

/** Labels that have all the typed words in them, and the level where one is chosen. */
export function fits({ labels = [], level }: Worker, words: string, chosen: string): boolean {
    return (
        (chosen === '' || level === chosen) &&
        words
            .toLowerCase()
            .split(/\s+/)
            .filter(Boolean)
            .every((word) => labels.some((label) => label.toLowerCase().includes(word)))
    );
}
