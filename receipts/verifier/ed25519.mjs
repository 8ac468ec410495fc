// The one rule for signatures that the marketplace has (crypto/Edwards/Ed25519.cs, RECEIPT.md "Words and forms"). It is stricter than
// the usual: noble's own verify multiplies by the cofactor and admits an R of small order, so of noble come only field and points.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';

const { Point } = ed25519;
const { Fn } = Point;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/**
 * Whether a signature R | S of a message is valid under a public key A: both are points in their canonical encodings, neither has small
 * order, S is below the group's order, and [S]B = R + [k]A exactly, without the cofactor.
 */
export function isSigned(key, message, signature) {
  if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) {
    return false;
  }
  const encodedR = signature.subarray(0, KEY_BYTES);
  const a = point(key);
  const r = point(encodedR);
  const s = littleEndian(signature.subarray(KEY_BYTES));
  if (!a || !r || s >= Fn.ORDER || a.isSmallOrder() || r.isSmallOrder()) {
    return false;
  }
  const k = Fn.create(littleEndian(sha512(concatBytes(encodedR, key, message))));
  return Point.BASE.multiplyUnsafe(s).equals(r.add(a.multiplyUnsafe(k)));
}

/** @returns undefined where the bytes are no canonical encoding of a point. */
function point(bytes) {
  try {
    return Point.fromBytes(bytes, /* zip215: */ false);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes) {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
