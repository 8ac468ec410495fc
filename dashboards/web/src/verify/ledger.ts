// Checks signed histories as receipts/LEDGER.md, "How to check one", says, for a window of records that a proof ties to the head.
import { hexToBytes } from '@noble/hashes/utils.js';
import { isSigned } from '../../../../receipts/verifier/ed25519.mjs';
import { VerifyError, type HeadFile, type LedgerRecord, type Operation, type Proof } from './form';
import { checkKind } from './kinds';
import { isBeginning, rootOf } from './tree';
import { bytesWord, digestOf, hex, hexWord, listWord, numberWord, structHash, textWord, type Domain } from './typed';

const wordType = 'Word(string name,string value)';
const operationType =
    'Operation(string namespace,bytes32 author,uint64 epoch,uint64 sequence,bytes32 change,string kind,Word[] subject,uint64 time)';
const recordType = 'Record(uint64 index,bytes32 before,Operation operation,bytes signature)';
const headType = 'LedgerHead(string namespace,uint64 size,bytes32 root,bytes32 last,uint64 time)';

export const operationHash = (one: Operation): Uint8Array =>
    structHash(operationType + wordType, [
        textWord(one.namespace),
        hexWord(one.author),
        numberWord(one.epoch),
        numberWord(one.sequence),
        hexWord(one.change),
        textWord(one.kind),
        listWord(one.subject.map(({ name, value }) => structHash(wordType, [textWord(name), textWord(value)]))),
        numberWord(one.time),
    ]);

export const recordHash = ({ index, before, operation, signature }: LedgerRecord): Uint8Array =>
    structHash(recordType + operationType + wordType, [
        numberWord(index),
        hexWord(before),
        operationHash(operation),
        bytesWord(signature),
    ]);

const headHash = ({ head }: HeadFile): Uint8Array =>
    structHash(headType, [
        textWord(head.namespace),
        numberWord(head.size),
        hexWord(head.root),
        hexWord(head.last),
        numberWord(head.time),
    ]);

const holds = (key: string, digest: Uint8Array, signature: string) =>
    isSigned(hexToBytes(key), digest, hexToBytes(signature));

const same = (left: Domain, right: Domain) =>
    left.market === right.market && left.chainId === right.chainId && left.contract === right.contract;

/** That a head is the market's, of this ledger. Throws {@link VerifyError} with what is wrong. */
export function checkHead(file: HeadFile, domain: Domain, namespace: string): void {
    if (!same(file.domain, domain)) {
        throw new VerifyError('The head is of another market.');
    }
    if (file.head.namespace !== namespace) {
        throw new VerifyError(`The head is that of '${file.head.namespace}'.`);
    }
    if (!holds(file.domain.market, digestOf(file.domain, headHash(file)), file.signature)) {
        throw new VerifyError('The market’s signature of the head does not hold.');
    }
}

/** That a later head goes on from an earlier one, by the proof of RFC 9162, 2.1.4. */
export function checkConsistency(earlier: HeadFile, later: HeadFile, proof: Proof): void {
    const [from, to] = [BigInt(earlier.head.size), BigInt(later.head.size)];
    if (from > to) {
        throw new VerifyError(`The market signed ${from} records before; now there are ${to}: history was cut.`);
    }
    if (BigInt(proof.from) !== from || BigInt(proof.size) !== to) {
        throw new VerifyError('The proof of consistency is of other sizes.');
    }
    if (!isBeginning(from, earlier.head.root, to, later.head.root, proof.hashes)) {
        throw new VerifyError(
            `The first ${from} records are not those that the market signed before: history was rewritten. Save both heads; they prove it.`,
        );
    }
}

/** That the record stands at this place of the head's ledger, with the words of its kind, and that its author, who may, has signed it. */
export function checkRecord(record: LedgerRecord, index: bigint, file: HeadFile, proof: Proof): void {
    const { operation, signature } = record;
    const { head, domain } = file;
    checkKind(operation);
    if (BigInt(record.index) !== index) {
        throw new VerifyError(`It says that it is record ${record.index}.`);
    }
    if (operation.namespace !== head.namespace) {
        throw new VerifyError(`It belongs to the ledger '${operation.namespace}'.`);
    }
    if (operation.author !== domain.market && operation.author !== head.namespace.split('.')[1]) {
        throw new VerifyError('Its author is neither the market nor the owner of the ledger.');
    }
    if (!holds(operation.author, digestOf(domain, operationHash(operation)), signature)) {
        throw new VerifyError('The signature of its author does not hold.');
    }
    if (operation.sequence === '0') {
        throw new VerifyError('Its sequence is 0; sequences count from 1.');
    }
    if (proof.from !== record.index || proof.size !== head.size) {
        throw new VerifyError('The proof is of another record or size.');
    }
    const leaf = recordHash(record);
    if (rootOf(leaf, index, BigInt(head.size), proof.hashes) !== head.root) {
        throw new VerifyError('Its proof does not lead to the head’s root: the record is not in this ledger.');
    }
    if (index === BigInt(head.size) - 1n && hex(leaf) !== head.last) {
        throw new VerifyError('The head says that another record is the last.');
    }
}

/** That a record follows the one before it: the chain, and the numbers of the market's own operations. */
export function checkNext(before: LedgerRecord, record: LedgerRecord, market: string): void {
    if (hex(recordHash(before)) !== record.before) {
        throw new VerifyError('It follows another record than the one before it.');
    }
    const [last, next] = [before.operation, record.operation];
    if (last.author === market && next.author === market) {
        const [lastEpoch, nextEpoch] = [BigInt(last.epoch), BigInt(next.epoch)];
        const isNext =
            nextEpoch === lastEpoch
                ? BigInt(next.sequence) === BigInt(last.sequence) + 1n
                : nextEpoch > lastEpoch && next.sequence === '1';
        if (!isNext) {
            throw new VerifyError(
                `The market numbers it ${next.sequence} of epoch ${next.epoch}, after ${last.sequence} of ${last.epoch}.`,
            );
        }
    }
}
