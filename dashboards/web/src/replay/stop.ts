/** How a run may end here. The first four are words of receipts; the others say that there is no result to compare. */
export type Outcome = 'completed' | 'failed' | 'trapped' | 'output_too_large' | 'out_of_memory' | 'unsupported';

/** A host function ends the run. It passes through the program, which cannot catch it. */
export class Stop extends Error {
    readonly outcome: Outcome;
    readonly exitCode: number;

    constructor(outcome: Outcome, reason: string, exitCode = 0) {
        super(reason);
        this.outcome = outcome;
        this.exitCode = exitCode;
    }
}

export const lacking = (what: string) =>
    new Stop('unsupported', `The program uses ${what}, which a browser's replay does not have.`);
