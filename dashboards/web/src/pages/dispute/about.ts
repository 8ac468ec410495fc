import type { DisputeResult } from '../../verify/dispute';

const words: Record<string, string> = {
    kept: 'Workers signed different results. It is kept as evidence, and no jury was asked.',
    open: 'Workers signed different results. A jury of other workers runs the job; until it ends, no result is told.',
    undecided: 'Workers signed different results. A jury was asked, and it brought no verdict.',
    decided: 'A jury found which result is right. Not all that lost have paid yet.',
    settled: 'A jury found which result is right, and all that lost have paid.',
};

export const about = (state: string): string => words[state] ?? '';

const nanosecondsInMs = 1_000_000n;

/** Nanoseconds since 1970, as files have them. */
export const atOf = (nanoseconds: string): string =>
    new Date(Number(BigInt(nanoseconds) / nanosecondsInMs)).toISOString();

/** The members in which results are not all the same. */
export function differing(results: DisputeResult[]): Set<keyof DisputeResult> {
    const names = Object.keys(results[0] ?? {}) as (keyof DisputeResult)[];
    return new Set(names.filter((name) => new Set(results.map((result) => JSON.stringify(result[name]))).size > 1));
}
