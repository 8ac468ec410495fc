import { api, bytes, ok } from '../../api/client';
import { parseHead, parseProof, parseRecord, VerifyError, type HeadFile, type LedgerRecord } from '../../verify/form';
import { checkConsistency, checkHead, checkNext, checkRecord, recordHash } from '../../verify/ledger';
import { rootOf } from '../../verify/tree';
import { hex, type Domain } from '../../verify/typed';

/** A record with what this browser found of it: null where all holds. */
export interface CheckedRecord {
    record: LedgerRecord;
    fault: string | null;
}

/** The head of now, what is wrong with it, and the one that was kept. */
export interface CheckedHead {
    line: string;
    file: HeadFile;
    kept: HeadFile | null;
    keptLine: string | null;
    fault: string | null;
}

const noContract = `0x${'0'.repeat(40)}`;

async function marketDomain(): Promise<Domain> {
    const { market, chain } = await ok(api.GET('/v1/info'));
    return { market, chainId: chain?.chainId ?? '0', contract: chain?.contract ?? noContract };
}

const decode = (content: Uint8Array) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);

async function line(path: string): Promise<string> {
    return decode((await bytes(path)).bytes).replace(/\n$/, '');
}

const pathOf = (ledger: string) => `/v1/ledgers/${encodeURIComponent(ledger)}`;

const proofOf = async (ledger: string, index: bigint, size: string) =>
    parseProof(await line(`${pathOf(ledger)}/proof?index=${index}&size=${size}`));

async function recordsOf(ledger: string, from: bigint, limit: number): Promise<LedgerRecord[]> {
    const text = await line(`${pathOf(ledger)}/records?from=${from}&limit=${limit}`);
    return text === '' ? [] : text.split('\n').map(parseRecord);
}

/** Where this browser keeps the head of a ledger: storage of this site that stays when the tab is closed. */
const keyOf = ({ market }: Domain, ledger: string) => `marketplace.head.${market}.${ledger}`;

/** What is wrong; null where the check passes. Only findings are caught: that the silo does not answer is another matter. */
export async function faultOf(check: () => Promise<void> | void): Promise<string | null> {
    try {
        await check();
        return null;
    } catch (error) {
        if (error instanceof VerifyError) {
            return error.message;
        }
        throw error;
    }
}

/** That the kept head is signed, and that the ledger of now goes on from it: its root and its last record are where they were. */
async function checkKept(ledger: string, kept: HeadFile, now: HeadFile, domain: Domain): Promise<void> {
    checkHead(kept, domain, ledger);
    const [from, to] = [kept.head.size, now.head.size];
    const proof =
        BigInt(from) > BigInt(to)
            ? { from, size: to, hashes: [] }
            : parseProof(await line(`${pathOf(ledger)}/consistency?from=${from}&to=${to}`));
    checkConsistency(kept, now, proof);
    if (from === '0') {
        return;
    }
    const index = BigInt(from) - 1n;
    const [last] = await recordsOf(ledger, index, 1);
    const leaf = last === undefined ? null : recordHash(last);
    const way = await proofOf(ledger, index, from);
    if (
        leaf === null ||
        hex(leaf) !== kept.head.last ||
        rootOf(leaf, index, BigInt(from), way.hashes) !== kept.head.root
    ) {
        throw new VerifyError(
            `Record ${index} is not the last one that the market signed before: history was rewritten.`,
        );
    }
}

/** Asks for the head, checks it, compares it with the kept one, and keeps it where all holds. */
export async function fetchHead(ledger: string): Promise<CheckedHead> {
    const domain = await marketDomain();
    const text = await line(pathOf(ledger));
    const file = parseHead(text);
    const key = keyOf(domain, ledger);
    const keptLine = localStorage.getItem(key);
    let kept: HeadFile | null = null;
    const fault = await faultOf(async () => {
        checkHead(file, domain, ledger);
        if (keptLine !== null) {
            kept = parseHead(keptLine);
            await checkKept(ledger, kept, file, domain);
        }
    });
    if (fault === null) {
        localStorage.setItem(key, text);
    }
    return { line: text, file, kept, keptLine, fault };
}

/** Forgets the kept head, from the next look on: for a reader who has saved both. */
export async function forgetHead(ledger: string): Promise<void> {
    localStorage.removeItem(keyOf(await marketDomain(), ledger));
}

/** Records before an index, the newest first, each with what its check found. */
export async function fetchWindow(
    ledger: string,
    { file }: CheckedHead,
    before: bigint,
    count: number,
): Promise<CheckedRecord[]> {
    const from = before > BigInt(count) ? before - BigInt(count) : 0n;
    // With the one before the window, which its first record names.
    const begin = from === 0n ? 0n : from - 1n;
    const records: LedgerRecord[] = [];
    // An answer may have fewer records than were asked for, where they would be too many bytes.
    while (begin + BigInt(records.length) < before) {
        const start = begin + BigInt(records.length);
        const some = await recordsOf(ledger, start, Number(before - start));
        if (some.length === 0) {
            throw new VerifyError(`The silo does not give record ${start}, which the head counts.`);
        }
        records.push(...some);
    }
    const checked = await Promise.all(
        records.map(async (record, at) => {
            const index = begin + BigInt(at);
            const previous = records[at - 1];
            if (index < from) {
                return null;
            }
            const fault = await faultOf(async () => {
                checkRecord(record, index, file, await proofOf(ledger, index, file.head.size));
                if (previous !== undefined) {
                    checkNext(previous, record, file.domain.market);
                }
            });
            return { record, fault };
        }),
    );
    return checked.filter((one) => one !== null).reverse();
}
