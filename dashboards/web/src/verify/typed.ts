// Hashes of structs by EIP-712, as receipts/RECEIPT.md, "Hashes", has them: Keccak-256 over words of 32 bytes.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** Of which market and contract something is signed, as the files of the market write it. */
export interface Domain {
    market: string;
    chainId: string;
    contract: string;
}

const wordDigits = 64;

export const keccak = (...parts: Uint8Array[]): Uint8Array => keccak_256(concatBytes(...parts));

export const numberWord = (value: bigint | string): Uint8Array =>
    hexToBytes(BigInt(value).toString(16).padStart(wordDigits, '0'));

/** 32 bytes, or an address of 20, by its digits with or without 0x. */
export const hexWord = (digits: string): Uint8Array => hexToBytes(digits.replace(/^0x/, '').padStart(wordDigits, '0'));

export const textWord = (text: string): Uint8Array => keccak(utf8ToBytes(text));

/** The hash of bytes that stand in a struct, by their digits. */
export const bytesWord = (digits: string): Uint8Array => keccak(hexToBytes(digits));

export const listWord = (items: Uint8Array[]): Uint8Array => keccak(...items);

export const structHash = (type: string, words: Uint8Array[]): Uint8Array => keccak(textWord(type), ...words);

const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)';

/** What is signed of a struct with this hash. */
export const digestOf = ({ market, chainId, contract }: Domain, hash: Uint8Array): Uint8Array =>
    keccak(
        Uint8Array.of(0x19, 0x01),
        structHash(domainType, [
            textWord('Marketplace'),
            textWord('1'),
            numberWord(chainId),
            hexWord(contract),
            hexWord(market),
        ]),
        hash,
    );

/** A node of every tree of the market: RECEIPT.md, "Batches". */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => keccak(Uint8Array.of(1), left, right);

export const hex = (bytes: Uint8Array): string => bytesToHex(bytes);
