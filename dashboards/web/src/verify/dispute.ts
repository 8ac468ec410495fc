// The file of receipts/DISPUTE.md, and what of it is checked here: that each worker has signed the result that is shown as its own, and
// that the verdict is the one that the jurors’ votes give.
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { isSigned } from '../../../../receipts/verifier/ed25519.mjs';
import { Execution, executionsDigest, rootOf, type FormType } from '../../../../receipts/verifier/form.mjs';

export interface DisputeResult {
    profile: string;
    outcome: string;
    exitCode: string;
    fuel: string;
    output: string;
    outputFiles: { name: string; content: string }[];
    stateBefore: string;
    stateAfter: string;
    writes: string;
}

export interface Vote {
    worker: string;
    role: string;
    unitPrice: string;
    execution: string;
}

export interface DisputeFile {
    domain: { market: string; chainId: string; contract: string };
    dispute: {
        invocation: { job: string; program: string; [member: string]: unknown };
        payer: string;
        priceLimit: string;
        assurance: string;
        results: DisputeResult[];
        votes: Vote[];
        accepted: string;
        state: string;
        reason: string;
        lead: string;
        verdict: string;
        slashings: { worker: string; amount: string; shares: { account: string; amount: string }[] }[];
        openedAt: string;
        decidedAt: string;
    };
    workerSignatures: { path: { left?: string; right?: string }[]; signature: string }[];
    marketSignature: string;
}

export const format = 'marketplace dispute 1';

/** Throws where the bytes are no such file. */
export function parseDispute(content: Uint8Array): DisputeFile {
    const file = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) as DisputeFile & {
        format?: string;
    };
    if (file.format !== format) {
        throw new Error('The file is no dispute of the form that this page knows.');
    }
    return file;
}

/** Numbers stand in files as texts, and are hashed as numbers. */
function typed(value: unknown, type: FormType): unknown {
    if (type.members !== undefined) {
        const from = value as Record<string, unknown>;
        return Object.fromEntries(
            Object.entries(type.members).map(([name, member]) => [name, typed(from[name], member)]),
        );
    }
    const { item } = type;
    if (item !== undefined) {
        return (value as unknown[]).map((one) => typed(one, item));
    }
    return /^u?int\d/.test(type.type) ? BigInt(value as string) : value;
}

/** The hash that a worker signs of a result, in 64 digits. */
export const executionOf = ({ dispute: { invocation } }: DisputeFile, result: DisputeResult): string =>
    bytesToHex(Execution.word(typed({ invocation, result }, Execution)));

/** Whether the worker of this vote has signed its execution, for this market. */
export function hasSigned(file: DisputeFile, index: number): boolean {
    const vote = file.dispute.votes[index];
    const signed = file.workerSignatures[index];
    if (vote === undefined || signed === undefined) {
        return false;
    }
    const path = signed.path.map(({ left, right }) =>
        left === undefined
            ? { side: 'right' as const, neighbour: right ?? '' }
            : { side: 'left' as const, neighbour: left },
    );
    const { chainId, ...domain } = file.domain;
    const root = rootOf(hexToBytes(vote.execution), path);
    const digest = executionsDigest({ ...domain, chainId: BigInt(chainId) }, root);
    return isSigned(hexToBytes(vote.worker), digest, hexToBytes(signed.signature));
}

export interface Evidence {
    result: DisputeResult;
    execution: string;
    isVerdict: boolean;
    isAccepted: boolean;
    /** It depends on the machine, so it wins nothing and is never wrong. */
    isOfMachine: boolean;
    votes: (Vote & { signature: string; isSigned: boolean })[];
}

/** Each result with those that gave it, and whether their signatures hold. */
export function evidenceOf(file: DisputeFile): Evidence[] {
    const { results, votes, verdict, accepted } = file.dispute;
    return results.map((result) => {
        const execution = executionOf(file, result);
        return {
            result,
            execution,
            isVerdict: execution === verdict,
            isAccepted: execution === accepted,
            isOfMachine: result.outcome === 'timed_out' || result.outcome === 'input_unavailable',
            votes: votes.flatMap((vote, index) =>
                vote.execution === execution
                    ? [
                          {
                              ...vote,
                              signature: file.workerSignatures[index]?.signature ?? '',
                              isSigned: hasSigned(file, index),
                          },
                      ]
                    : [],
            ),
        };
    });
}

const none = '0'.repeat(64);

/** The verdict that the jurors’ signed votes give, zero where they give none: one result leads each other by `lead`. */
export function verdictOf({ dispute }: DisputeFile, evidence: Evidence[]): string {
    const counted = evidence
        .filter(({ isOfMachine }) => !isOfMachine)
        .map(({ execution, votes }) => ({
            execution,
            count: votes.filter(({ role, isSigned }) => role === 'juror' && isSigned).length,
        }))
        .sort((left, right) => right.count - left.count);
    const [first, second] = counted;
    return first !== undefined && first.count - (second?.count ?? 0) >= Number(dispute.lead) ? first.execution : none;
}
