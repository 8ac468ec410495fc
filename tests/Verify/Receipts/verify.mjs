// node verify.mjs FILE...: checks each .receipt.json by RECEIPT.md, whose types it reads, and prints the checks. Exits with 0 if all hold.
import { readFileSync } from 'node:fs';
import { hexToBytes } from '@noble/hashes/utils.js';
import { checkReuse, dueOf } from './reuse.mjs';
import { checkCertificate, isSigned, need, sumOf } from './signatures.mjs';
import { hash, struct, word, words, WORDS } from './words.mjs';
const climb = (node, [left, right]) => hash([Uint8Array.of(1), left ?? node, left ? node : right]);
let file, receipt, seats, result, domain, market, proofs, certificate, reuse;
const digest = (type, ...its) => hash([Uint8Array.of(0x19, 1), domain, struct(type, its)]);
/** The object that the bytes of a file say. */
function read(bytes) {
  const source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value = need(bytes.length <= 1_048_576, 'the file has more than 1,048,576 bytes') && JSON.parse(source);
  const bare = source.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, '$1');
  need(bare === JSON.stringify(value), 'the text is not as JSON.stringify gives it');
  return value;
}
/** The hash that the market signs. */
const hashOf = () => reuse
  ? struct('Reuse', [word('Receipt', receipt), word('Receipt', reuse.earlier.receipt), word('uint16', reuse.percent)])
  : word('Receipt', receipt);
const CHECKS = {
  'the form': () => {
    [reuse, certificate] = [file?.reuse, undefined];
    if (reuse) [, , , proofs] = words('Answered', file);
    else [, , , proofs, certificate] = file?.certificate ? words('Both', file) : words('Workers', file).slice(0, 4);
    const [salt, chainId, contract] = words('Domain', file.domain), [name, version] = ['Marketplace', '1'].map(it => word('string', it));
    [domain, market] = [struct('EIP712Domain', [name, version, chainId, contract, salt]), salt];
    ({ receipt, receipt: { seats, execution: { result } } } = file);
    const [done, fault, isRun] = [receipt.state === 'completed', receipt.fault, result.outcome !== 'not_run'];
    const takesRun = ['none', 'program'].includes(fault), isFuel = BigInt(result.fuel) <= BigInt(receipt.execution.invocation.fuelLimit);
    const isEnd = done === (fault === 'none') && (!done || result.outcome === 'completed') && (isRun || !takesRun);
    const { outcome, fuel, ...rest } = result, came = isRun ? [result.output, result.outputFiles] : Object.values(rest);
    const isLess = outcome === 'completed' || came.every(it => /^(blob)?0*$/.test(it));
    need(isFuel && isEnd && isLess, 'it contradicts itself');
    const [text, , k, n] = receipt.assurance.match(WORDS.assurance), isByCommittee = isRun && n !== undefined && !k;
    need(n === undefined || (+n <= 16 && (k ? n > 1 && +k <= +n && 2 * k > n : n > 2)), 'no such assurance');
    const all = k ?? (text === 'audit:100%' ? 2 : 1), [least, most] = [isRun ? (takesRun ? all : 1) : 0, n ?? (text === 'none' ? 1 : 2)];
    need(reuse || (least <= seats.length && seats.length <= most), `there are not ${least} to ${most} seats`);
    need(seats.every((it, index) => index === 0 || seats[index - 1].worker < it.worker), 'the seats are not ascending');
    need(!reuse || (done && seats.length + proofs.length === 0 && receipt.epoch === '0'), 'it has answered, and yet it ran');
    const isWhole = proofs.length === (isRun && !isByCommittee ? seats.length : 0) && !certificate === !isByCommittee;
    need(reuse || isWhole, 'others have signed it');
  },
  "the market's signature": () => {
    const message = digest('Receipts', word('uint64', receipt.epoch), hashOf());
    need(isSigned(message, hexToBytes(file.marketSignature), market), 'it is not that of the market in the file');
  },
  'the signatures of those who ran it': () => proofs.forEach(([path, signature], index) => {
    const message = digest('Executions', path.reduce(climb, word('Execution', receipt.execution))), { worker } = seats[index];
    need(isSigned(message, signature, hexToBytes(worker)), `it is not that of worker ${worker}`);
  }),
  'the certificate of a committee': () => {
    if (!certificate) return;
    const [members, signature, path] = certificate, committee = [word('uint64', receipt.epoch), members];
    need(isSigned(digest('Committee', ...committee), signature, market), 'the market has not signed who the members are');
    const message = digest('CommitteeReceipts', struct('Committee', committee), path.reduce(climb, word('Receipt', receipt)));
    const registered = it => digest('Registration', hexToBytes(it.worker), hash([hexToBytes(it.blsKey)]));
    checkCertificate(file.certificate, receipt, message, registered);
  },
  'the price': () => {
    const cost = sumOf(seats.map(seat => (BigInt(result.fuel) * BigInt(seat.unitPrice) + 999_999n) / 1_000_000n));
    const [limit, amounts] = [BigInt(receipt.priceLimit), receipt.shares.map(share => BigInt(share.amount))];
    const least = its => (its < limit ? its : limit), isPaid = ['none', 'program', 'client'].includes(receipt.fault);
    const due = reuse ? least(dueOf(receipt, reuse)) : isPaid ? least(cost) : 0n;
    need(BigInt(receipt.price) === due && amounts.every(amount => amount > 0n) && sumOf(amounts) === due, `the price should be ${due}`);
  },
};
/** All checks of a file, and then of the earlier one within it, which all hold. */
function checkAll(value, tell) {
  file = value;
  for (const check in CHECKS) tell((CHECKS[check](), check));
  if (!reuse) return;
  const own = { receipt, reuse, domain: JSON.stringify(file.domain) };
  need(JSON.stringify(reuse.earlier?.domain) === own.domain && !reuse.earlier.reuse, 'the earlier receipt is no other one of the market');
  checkReuse(own, word);
  tell((checkAll(reuse.earlier, () => {}), 'the earlier receipt'));
}
process.exitCode = process.argv.length > 2 ? 0 : 1;
for (const path of process.argv.slice(2)) {
  try {
    checkAll(read(readFileSync(path)), check => console.log(`${path}: holds: ${check}`));
  } catch (error) {
    process.exitCode = console.log(`${path}: broken: ${JSON.stringify(error.message)}`) ?? 1;
  }
}
