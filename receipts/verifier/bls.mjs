// BLS signatures as RECEIPT.md ("Words and forms") has them: keys in G1, signatures in G2, with proofs of possession. Of noble come
// points, pairing and hash to curve; encodings are compared with what noble would write, so each point has one.
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const { G1, G2, longSignatures } = bls12_381;
const SIGNATURE_TAG = utf8ToBytes('BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_');
const POSSESSION_TAG = utf8ToBytes('BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_');

/** Whether the owner of a key has proved that it has the secret. Both are hexadecimal. */
export function isPossessed(key, possession) {
  const point = pointOf(G1.Point, key);
  return point !== undefined && isSigned(point, hexToBytes(key), possession, POSSESSION_TAG);
}

/**
 * Whether a signature is the sum of one of each key for the message. The keys are hexadecimal, their possession is proved, and there is
 * at least one.
 */
export function isSignedByAll(keys, message, signature) {
  const points = keys.map(key => pointOf(G1.Point, key));
  return points.every(point => point !== undefined)
    && isSigned(points.reduce((sum, point) => sum.add(point)), message, signature, SIGNATURE_TAG);
}

/** noble's pairing takes no infinity, so neither a key nor a signature may be that. */
function isSigned(key, message, signature, tag) {
  const point = pointOf(G2.Point, signature);
  return point !== undefined && longSignatures.verify(point, longSignatures.hash(message, tag), key);
}

/** @returns undefined where the digits are not the one form of a point of the curve in the subgroup. */
function pointOf(Point, digits) {
  try {
    const point = Point.fromHex(digits);
    return point.toHex(true) === digits ? point : undefined;
  } catch {
    return undefined;
  }
}
