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

// The one rule for Ed25519 signatures that the market has.
declare module '*/receipts/verifier/ed25519.mjs' {
    export function isSigned(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}
