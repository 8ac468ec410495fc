// The forms of receipts/LEDGER.md: one text for each line. JSON.parse forgives other spellings, so what was read is written again and compared.
import type { Domain } from './typed';

/** What was given is not what it should be; the message says what was seen. */
export class VerifyError extends Error {}

export interface Word {
    name: string;
    value: string;
}

export interface Operation {
    namespace: string;
    author: string;
    epoch: string;
    sequence: string;
    change: string;
    kind: string;
    subject: Word[];
    time: string;
}

export interface LedgerRecord {
    index: string;
    before: string;
    operation: Operation;
    signature: string;
}

export interface Head {
    namespace: string;
    size: string;
    root: string;
    last: string;
    time: string;
}

export interface HeadFile {
    format: string;
    domain: Domain;
    head: Head;
    signature: string;
}

export interface Proof {
    from: string;
    size: string;
    hashes: string[];
}

type Form<T> = (value: unknown, at: string) => T;

function refuse(at: string, expected: string): never {
    throw new VerifyError(`${at} is not ${expected}.`);
}

const matching =
    (pattern: RegExp, expected: string): Form<string> =>
    (value, at) =>
        typeof value === 'string' && pattern.test(value) ? value : refuse(at, expected);

export const hash = matching(/^[0-9a-f]{64}$/, 'a hash of 64 digits');
const signature = matching(/^[0-9a-f]{128}$/, 'a signature of 128 digits');
const namespace = matching(/^(market|(account|worker)\.[0-9a-f]{64})$/, 'the name of a ledger');
const text: Form<string> = (value, at) =>
    typeof value === 'string' && value.isWellFormed() ? value : refuse(at, 'a text');

const numberBelow = (limit: bigint): Form<string> => {
    const digits = matching(/^(0|[1-9][0-9]{0,38})$/, 'a number in decimal digits');
    return (value, at) => {
        const number = digits(value, at);
        return BigInt(number) < limit ? number : refuse(at, `a number below ${limit}`);
    };
};
export const uint64 = numberBelow(1n << 64n);
export const uint128 = numberBelow(1n << 128n);

/** Members by name, all of them and in their order. */
export const object =
    <T extends object>(members: { [K in keyof T]: Form<T[K]> }): Form<T> =>
    (value, at) => {
        const names = Object.keys(members) as (keyof T & string)[];
        if (typeof value !== 'object' || value === null || Object.keys(value).join() !== names.join()) {
            refuse(at, `an object with the members ${names.join(', ')}`);
        }
        const read = value as Record<string, unknown>;
        return Object.fromEntries(names.map((name) => [name, members[name](read[name], `${at}.${name}`)])) as T;
    };

export const list =
    <T>(item: Form<T>, max: number): Form<T[]> =>
    (value, at) =>
        Array.isArray(value) && value.length <= max
            ? value.map((one: unknown, index) => item(one, `${at}[${index}]`))
            : refuse(at, `a list of at most ${max}`);

export const domain = object<Domain>({
    market: hash,
    chainId: uint64,
    contract: matching(/^0x[0-9a-f]{40}$/, 'an address'),
});

const wordsMax = 256;
const operation = object<Operation>({
    namespace,
    author: hash,
    epoch: uint64,
    sequence: uint64,
    change: hash,
    kind: text,
    subject: list(object<Word>({ name: text, value: text }), wordsMax),
    time: uint64,
});

const record = object<LedgerRecord>({ index: uint64, before: hash, operation, signature });

const headFile = object<HeadFile>({
    format: matching(/^marketplace ledger head 1$/, '"marketplace ledger head 1"'),
    domain,
    head: object<Head>({ namespace, size: uint64, root: hash, last: hash, time: uint64 }),
    signature,
});

const proof = object<Proof>({ from: uint64, size: uint64, hashes: list(hash, 127) });

/** A line's one form, or {@link VerifyError}. */
export const parse =
    <T>(what: string, form: Form<T>) =>
    (line: string): T => {
        let value: unknown;
        try {
            value = JSON.parse(line);
        } catch {
            throw new VerifyError(`${what} is no JSON.`);
        }
        const read = form(value, what);
        if (JSON.stringify(read) !== line) {
            throw new VerifyError(`${what} says the same in other characters than its form has.`);
        }
        return read;
    };

export const parseRecord = parse('A record', record);
export const parseHead = parse('A head', headFile);
export const parseProof = parse('A proof', proof);
