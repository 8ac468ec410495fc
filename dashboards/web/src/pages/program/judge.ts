import { hexDigits } from '../../text/bytes';
import type { Finding, Proof } from '../../verify/state';
import { textOf } from '../job/content';

export interface Judgement {
    holds: boolean;
    finding: string;
}

export const isRoot = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** The hashes are loaded with the first proof. */
async function conclude(
    check: (verify: typeof import('../../verify/state')) => Finding,
    say: (found: Finding) => Judgement,
): Promise<Judgement> {
    const verify = await import('../../verify/state');
    try {
        return say(check(verify));
    } catch (error) {
        if (error instanceof verify.ProofError) {
            return { holds: false, finding: error.message };
        }
        throw error;
    }
}

/** Whether a silo's proof holds under the root and says the same as its answer. */
export const judge = (root: string, key: Uint8Array, content: Uint8Array, value: Uint8Array | null) =>
    conclude(
        ({ checkProof, parseProof }) => checkProof(root, key, parseProof(content)),
        (found) => {
            const proved = found.present ? hexDigits(found.value) : null;
            return proved === (value === null ? null : hexDigits(value))
                ? { holds: true, finding: value === null ? 'The key has no value.' : 'The key has this value.' }
                : { holds: false, finding: 'It proves something else than the silo answered.' };
        },
    );

/** The same for a file, which names its own key. */
export async function judgeFile(root: string, text: string): Promise<Judgement> {
    const { readProofFile } = await import('../../verify/stateFile');
    let key: Uint8Array = new Uint8Array();
    return conclude(
        ({ checkProof }) => {
            const file = readProofFile(text);
            key = file.key;
            return checkProof(root, file.key, file.proof);
        },
        (found) => ({
            holds: true,
            finding: `The key ${textOf(key) ?? `hex:${hexDigits(key)}`} has ${
                found.present ? `a value of ${found.value.length} bytes` : 'no value'
            }.`,
        }),
    );
}

export async function proofFile(program: string, root: string, key: Uint8Array, content: Uint8Array): Promise<string> {
    const [{ parseProof }, { writeProofFile }] = await Promise.all([
        import('../../verify/state'),
        import('../../verify/stateFile'),
    ]);
    const proof: Proof = parseProof(content);
    return writeProofFile({ program, root, key, proof });
}
