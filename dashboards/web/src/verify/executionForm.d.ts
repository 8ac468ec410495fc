// What the check of disputed executions uses of the stand-alone verifier.
declare module '*/receipts/verifier/form.mjs' {
    /** A type of receipts/RECEIPT.md: a struct has members, a list an item. */
    export interface FormType {
        type: string;
        members?: Record<string, FormType>;
        item?: FormType;
    }

    export const Execution: FormType & { word(value: unknown): Uint8Array };

    export function executionsDigest(
        domain: { market: string; chainId: bigint; contract: string },
        root: Uint8Array,
    ): Uint8Array;

    export function rootOf(leaf: Uint8Array, path: { side: 'left' | 'right'; neighbour: string }[]): Uint8Array;
}

declare module '*/receipts/verifier/ed25519.mjs' {
    export function isSigned(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}
