// The signatures of RECEIPT.md: Ed25519, and the certificate of a committee. What does not hold throws.
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
const { G1, G2, longSignatures: bls } = bls12_381;
const integer = bytes => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
export const need = (condition, reason) => condition || (() => { throw new Error(reason); })();
export const sumOf = numbers => numbers.reduce((sum, number) => sum + number, 0n);
/** RFC 8032 without the cofactor. fromBytes throws at encodings that are not canonical, multiplyUnsafe at scalars from the order on. */
export function isSigned(message, signature, key) {
  const [A, R] = [key, signature.subarray(0, 32)].map(bytes => ed25519.Point.fromBytes(bytes));
  const k = integer(sha512(concatBytes(signature.subarray(0, 32), key, message)).reverse()) % ed25519.Point.Fn.ORDER;
  const isEqual = ed25519.Point.BASE.multiplyUnsafe(integer(signature.slice(32).reverse())).equals(R.add(A.multiplyUnsafe(k)));
  return isEqual && !A.isSmallOrder() && !R.isSmallOrder();
}
/** fromHex throws at what is no point of the curve in its subgroup. */
function pointOf({ Point }, digits) {
  const point = Point.fromHex(digits);
  return need(point.toHex(true) === digits && !point.is0(), 'a point is infinity, or has another form') && point;
}
function isSignedByAll(keys, kind, message, signature) {
  const hashed = bls.hash(message, utf8ToBytes(`BLS_${kind}_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_`));
  return bls.verify(pointOf(G2, signature), hashed, keys.map(key => pointOf(G1, key)).reduce((sum, key) => sum.add(key)));
}
/** The message is the digest that members sign; registered gives that by which a worker has signed that a key is its own. */
export function checkCertificate({ members, signers: bits, signature }, { seats, assurance, epoch }, message, registered) {
  const workers = seats.map(seat => seat.worker), size = Number(assurance.split(':')[1]);
  const isOnce = its => new Set(its).size === size, bitmap = BigInt(bits);
  const isEnough = its => 3n * sumOf(its.map(it => BigInt(it.weight))) > 2n * sumOf(members.map(it => BigInt(it.weight)));
  need(epoch !== '0' && members.length === size && members.every(it => it.weight !== '0'), `there are not ${size} members, all with a weight`);
  need(isOnce(members.map(it => it.worker)) && isOnce(members.map(it => it.blsKey)), 'a member is there twice');
  const [seated, signing] = [members.filter(it => workers.includes(it.worker)), members.filter((_, at) => (bitmap >> BigInt(at)) & 1n)];
  need(seated.length === workers.length && isEnough(seated), 'the seats are not those of members with over two thirds');
  need(bitmap >> BigInt(size) === 0n && isEnough(signing), 'the signers are not members with over two thirds');
  for (const { worker, blsKey: key, possession, registration } of members) {
    const isRegistered = isSigned(registered({ worker, blsKey: key }), hexToBytes(registration), hexToBytes(worker));
    need(isRegistered, `worker ${worker} has not signed that the key is its own`);
    need(isSignedByAll([key], 'POP', hexToBytes(key), possession), `member ${worker} has not proved that it has its key`);
  }
  need(isSignedByAll(signing.map(it => it.blsKey), 'SIG', message, signature), 'the committee has not signed the receipt');
}
