import { executionOf, invocationOf, outputId, start, storedOutput, type Stopped } from './replay';
import { rowsOf, whyNotComparable, type Row } from './compare';
import { runMsMax } from './limits';
import type { Ended } from './run';

/** What a replay came to. */
export interface Replayed {
    verdict: 'the same' | 'different' | 'not comparable' | 'stopped';
    why: string;
    /** Whether what differs is what the receipt says, and not what the market stores alone. */
    isFromReceipt: boolean;
    rows: Row[];
    log: Uint8Array;
    output: Uint8Array | null;
}

const stopped: Record<Stopped, string> = {
    person: 'You stopped the program before it ended.',
    time: `The program did not end within ${runMsMax / 1000} seconds, which is as long as a replay in a browser may take.`,
};

const without = (verdict: Replayed['verdict'], why: string, log = new Uint8Array()): Replayed => ({
    verdict,
    why,
    isFromReceipt: false,
    rows: [],
    log,
    output: null,
});

/** Loads, runs and compares. The signal ends it at any moment; `onRun` is told when the program begins. */
export async function replay(job: string, market: string, signal: AbortSignal, onRun: () => void): Promise<Replayed> {
    const execution = await executionOf(job, market);
    const invocation = await invocationOf(job, execution);
    const stored = await storedOutput(job, execution);
    if (signal.aborted) {
        return without('stopped', stopped.person);
    }
    onRun();
    const { ended, stop } = start(invocation);
    signal.addEventListener('abort', stop);
    const end = await ended;
    if (typeof end === 'string') {
        return without('stopped', stopped[end]);
    }
    const { outcome } = execution.result;
    const whyNot = whyNotComparable(outcome) ?? whyNotHere(end);
    return whyNot === null
        ? compared(end, rowsOf(execution, end, await outputId(end), stored))
        : without('not comparable', whyNot, end.log);
}

/** An end that only a browser has says nothing of the program. */
const whyNotHere = ({ outcome, reason }: Ended): string | null =>
    outcome === 'unsupported' || outcome === 'out_of_memory' ? reason : null;

function compared(end: Ended, rows: Row[]): Replayed {
    const unlike = rows.filter(({ said, seen }) => said !== seen);
    const differing = unlike.map(({ name }) => name.toLowerCase());
    return {
        verdict: differing.length === 0 ? 'the same' : 'different',
        why:
            differing.length === 0
                ? `What came of it here is what the receipt says. Not compared: fuel. ${end.reason}`
                : `Not the same: ${differing.join(', ')}. ${end.reason}`,
        isFromReceipt: unlike.some(({ from }) => from === 'Receipt'),
        rows,
        log: end.log,
        output: end.output,
    };
}
