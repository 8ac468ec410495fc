import { bytes } from '../../api/client';

export interface Told {
    index: string;
    kind: string;
    author: string;
    /** When, as its author says. */
    at: string;
    words: { name: string; value: string }[];
}

/** The page shows so many of the newest records. */
export const recordsMax = 50;

const nanosecondsInMs = 1_000_000n;

const textOf = async (path: string) => new TextDecoder().decode((await bytes(path)).bytes);

/** The newest records of a worker's signed history, the newest first, and how many there are in all. Their signatures are not checked here. */
export async function recordsOf(worker: string): Promise<{ records: Told[]; size: number }> {
    const ledger = `/v1/ledgers/worker.${worker}`;
    const { head } = JSON.parse(await textOf(ledger)) as { head: { size: string } };
    const size = Number(head.size);
    if (size === 0) {
        return { records: [], size };
    }
    const from = Math.max(0, size - recordsMax);
    const lines = await textOf(`${ledger}/records?from=${from}&limit=${recordsMax}`);
    const records = lines.split('\n').filter(Boolean).map(told);
    return { records: records.reverse(), size };
}

function told(line: string): Told {
    const { index, operation } = JSON.parse(line) as {
        index: string;
        operation: { kind: string; author: string; subject: Told['words']; time: string };
    };
    const at = new Date(Number(BigInt(operation.time) / nanosecondsInMs)).toISOString();
    return { index, kind: operation.kind, author: operation.author, at, words: operation.subject };
}
