import type { Execution } from './replay';
import type { Ended } from './run';

/** One thing that somebody says, beside what came of it here. */
export interface Row {
    name: string;
    /** Who says it. */
    from: 'Receipt' | 'Market';
    said: string;
    seen: string;
}

const comparable = ['completed', 'failed', 'trapped', 'output_too_large'];
const none = 'none';

const whyNot: Record<string, string> = {
    out_of_fuel:
        'The run of the receipt ended when its fuel was used up. A browser counts no fuel, so there is nothing to compare.',
    out_of_memory: 'The run of the receipt ended for want of memory, which a browser does not tell from other ends.',
    timed_out:
        'The run of the receipt ended at its time limit, and how far a run comes differs from machine to machine.',
};

/** Why a run that ended so cannot be compared; null: it can. */
export const whyNotComparable = (outcome: string): string | null =>
    comparable.includes(outcome) ? null : (whyNot[outcome] ?? `The run of the receipt ended as ${outcome}.`);

const shown = (id: string) => (/^(blob)?0*$/.test(id) ? none : id);

/**
 * What the receipt and the market say and what came of it here, in the order in which it is read.
 * @param output What came out here; null: nothing.
 * @param stored What the market gives as the output; null: nothing.
 */
export function rowsOf({ result }: Execution, ended: Ended, output: string | null, stored: string | null): Row[] {
    const receipt = (name: string, said: string, seen: string): Row => ({ name, from: 'Receipt', said, seen });
    const rows = [
        receipt('Outcome', result.outcome.replaceAll('_', ' '), ended.outcome.replaceAll('_', ' ')),
        receipt('Exit code', `${result.exitCode}`, `${ended.exitCode}`),
        receipt('Output', shown(result.output), output ?? none),
        { name: 'Stored output', from: 'Market', said: stored ?? none, seen: output ?? none } as const,
        receipt('State writes', shown(result.writes), shown(ended.writes ?? '')),
    ];
    return rows.filter(({ said, seen }) => said !== none || seen !== none);
}
