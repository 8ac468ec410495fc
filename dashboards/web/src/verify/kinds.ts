// What operations there are, and the words of each: receipts/LEDGER.md, "Kinds".
import { uint128, VerifyError, type Operation } from './form';

interface WordForm {
    name: string;
    takes: (value: string) => boolean;
    many?: boolean;
}

const any = () => true;
const digits = (letters: string) => (value: string) => new RegExp(`^${letters}[0-9a-f]{64}$`).test(value);
const number = (value: string) => {
    try {
        uint128(value, '');
        return true;
    } catch {
        return false;
    }
};

const text = (name: string): WordForm => ({ name, takes: any });
const amount = (name: string): WordForm => ({ name, takes: number });
const hashed = (name: string): WordForm => ({ name, takes: digits('') });
const many = (name: string, takes: (value: string) => boolean): WordForm => ({ name, takes, many: true });
const program: WordForm = { name: 'program', takes: digits('prog') };

interface Kind {
    scopes: string[];
    words: WordForm[];
}

const kinds: Record<string, Kind | undefined> = {
    key_created: {
        scopes: ['account'],
        words: [
            text('key'),
            text('name'),
            many('scope', any),
            { name: 'spendLimit', takes: (value) => value === '' || number(value) },
        ],
    },
    key_revoked: { scopes: ['account'], words: [text('key')] },
    program_deployed: {
        scopes: ['account'],
        words: [program, { name: 'module', takes: digits('blob') }, text('name')],
    },
    program_removed: { scopes: ['account'], words: [program] },
    offer: {
        scopes: ['worker'],
        words: [
            amount('pricePerMillionFuel'),
            amount('slots'),
            amount('memoryPages'),
            amount('buyerReputationMin'),
            hashed('withheld'),
            many('label', any),
        ],
    },
    stake_held: { scopes: ['worker'], words: [hashed('hold'), amount('amount')] },
    stake_taken_back: { scopes: ['worker'], words: [hashed('hold'), amount('amount')] },
    slashing: {
        scopes: ['worker', 'market'],
        words: [hashed('worker'), hashed('evidence'), amount('amount'), text('reason')],
    },
    policy: { scopes: ['market'], words: [many('option', (value) => value.indexOf('=') > 0)] },
    receipt_batch: { scopes: ['market'], words: [amount('epoch'), hashed('root'), amount('count')] },
};

const [nameBytesMax, valueBytesMax, allBytesMax] = [64, 1024, 32_768];
const size = (value: string) => new TextEncoder().encode(value).length;

function checkSizes({ kind, subject }: Operation): void {
    const words = [{ name: kind, value: '' }, ...subject];
    const isLong = words.some(
        ({ name, value }) => name === '' || size(name) > nameBytesMax || size(value) > valueBytesMax,
    );
    if (isLong || words.reduce((sum, { name, value }) => sum + size(name) + size(value), 0) > allBytesMax) {
        throw new VerifyError('Its words are longer than words of an operation may be.');
    }
}

/** That the words are those of the kind. One of a later version has words that are not checked: false. */
export function checkKind(operation: Operation): boolean {
    checkSizes(operation);
    const kind = kinds[operation.kind];
    if (kind === undefined) {
        return false;
    }
    if (!kind.scopes.includes(operation.namespace.split('.')[0] ?? '')) {
        throw new VerifyError(`An operation '${operation.kind}' does not stand in this ledger.`);
    }
    let next = 0;
    for (const { name, takes, many: repeats } of kind.words) {
        const from = next;
        while (operation.subject[next]?.name === name && (repeats === true || next === from)) {
            if (!takes(operation.subject[next]?.value ?? '')) {
                throw new VerifyError(`The word '${name}' of '${operation.kind}' has no value of its form.`);
            }
            next += 1;
        }
        if (repeats !== true && next === from) {
            throw new VerifyError(`An operation '${operation.kind}' has the word '${name}'.`);
        }
    }
    if (next < operation.subject.length) {
        throw new VerifyError(`An operation '${operation.kind}' has no word '${operation.subject[next]?.name ?? ''}'.`);
    }
    return true;
}
