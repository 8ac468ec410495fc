// What these pages use of the stand-alone verifier, receipts/verifier/verify.mjs.
declare module '*/receipts/verifier/verify.mjs' {
    export interface Check {
        name: string;
        result: 'holds' | 'broken' | 'not_checked';
        finding: string;
    }

    export function verify(
        bytes: Uint8Array,
        evidence?: { market?: string; module?: string; input?: string; output?: string },
    ): { holds: boolean; checks: Check[]; file: unknown };

    export function blobId(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string>;

    export const BYTES_MAX: number;
}
