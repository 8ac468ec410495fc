import { amountText, type Token } from '../../text/amount';
import { count } from '../../text/numbers';
import type { Operation } from '../../verify/form';

/** When it happened, as its author says: nanoseconds since 1970 as an ISO time. */
export const timeOf = (nanoseconds: string): string => new Date(Number(BigInt(nanoseconds) / 1_000_000n)).toISOString();

/** What an operation says, in a sentence. Names, labels and reasons in it are of strangers: show it as untrusted text. */
export function sentence({ kind, subject }: Operation, token: Token | null): string {
    const word = (name: string) => subject.find((one) => one.name === name)?.value ?? '';
    const words = (name: string) => subject.filter((one) => one.name === name).map(({ value }) => value);
    const short = (name: string) => word(name).slice(0, 14);
    const money = (name: string) => amountText(word(name), token);
    const number = (name: string) => count(Number(word(name)));
    switch (kind) {
        case 'key_created':
            return `Key ${word('key')} “${word('name')}” may ${words('scope').join(', ')}${
                word('spendLimit') === '' ? '' : `, and spend ${money('spendLimit')}`
            }`;
        case 'key_revoked':
            return `Key ${word('key')} is refused from now on`;
        case 'program_deployed':
            return `Program ${short('program')}… “${word('name')}” was deployed`;
        case 'program_removed':
            return `Program ${short('program')}… was removed`;
        case 'offer':
            return `Offers ${number('slots')} slots at ${money('pricePerMillionFuel')} a million fuel${
                words('label').length === 0 ? '' : `, ${words('label').join(', ')}`
            }`;
        case 'stake_held':
            return `${money('amount')} are at stake`;
        case 'stake_taken_back':
            return `${money('amount')} are at stake no more`;
        case 'slashing':
            return `${money('amount')} of worker ${short('worker')}… are taken: ${word('reason')}`;
        case 'policy':
            return `Rules from now on: ${words('option').join(', ')}`;
        case 'receipt_batch':
            return `${number('count')} batches of receipts of epoch ${word('epoch')} were signed`;
        default:
            return subject.map(({ name, value }) => `${name} ${value}`).join(', ');
    }
}
