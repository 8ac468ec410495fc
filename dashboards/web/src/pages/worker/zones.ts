import type { Schemas } from '../../api/client';

type Margin = Schemas['StandingMargin'];

const scoreMax = 1000;

/** From the best level to the worst. */
export const marksOf = (margins: Margin[]): Margin[] => [...margins].sort((left, right) => right.below - left.below);

/** What parts of the bar the levels have, from 0 on. */
export function zonesOf(margins: Margin[]): { level: string; from: number; to: number }[] {
    const rising = marksOf(margins).reverse();
    const zones = rising.map(({ level, below }, index) => ({
        level: level,
        from: rising[index - 1]?.below ?? 0,
        to: below,
    }));
    return [...zones, { level: 'good', from: rising.at(-1)?.below ?? 0, to: scoreMax }];
}
