// node verify.mjs FILE...: checks each .receipt.json by RECEIPT.md, whose types it reads, and prints the checks. Exits with 0 if all hold.
import { readFileSync } from 'node:fs';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { checkCertificate, isSigned, need, sumOf } from './signatures.mjs';
// Behind the types of RECEIPT.md stand those of the file's other parts, which are not hashed.
const [, TYPES] = readFileSync(new URL('RECEIPT.md', import.meta.url), 'utf8').match(/## Types\n\n```\n([^`]*)```/);
const lines = new Map(`${TYPES}Domain(bytes32 market,uint64 chainId,address contract)\nLeft(bytes32 left)\nRight(bytes32 right)
Workers(string format,Domain domain,Receipt receipt,Proof[] workerSignatures,bytes64 marketSignature)
Both(string format,Domain domain,Receipt receipt,Proof[] workerSignatures,Certificate certificate,bytes64 marketSignature)
Certificate(Member[] members,bytes64 membersSignature,Step[] path,uint64 signers,bytes96 signature)
Proof(Step[] path,bytes64 signature)`.split('\n').map(line => [line.split('(')[0], line]));
const WORDS = { format: /^marketplace receipt 1$/, state: /^(completed|failed|cancelled|timed_out|expired)$/,
  outcome: RegExp('^(completed|trapped|failed|out_of_(fuel|memory)|timed_out|output_too_large|input_unavailable|invalid_module|not_run)$'),
  assurance: /^(none|audit:(?:100|[1-9]\d?(?:\.[1-9])?|0\.[1-9])%|(?:quorum:([1-9]\d?)\/|committee:)([1-9]\d?))$/,
  fault: /^(none|program|worker|input|no_worker|client)$/ };
const LETTERS = { program: 'prog', module: 'blob', input: 'blob', output: 'blob', content: 'blob' };
const membersOf = type => lines.get(type).match(/\((.*)\)/)[1].split(',').map(member => member.split(' '));
const usedBy = type => membersOf(type).flatMap(([item]) => [item.replace('[]', '')].flatMap(t => (lines.has(t) ? [t, ...usedBy(t)] : [])));
const hash = parts => parts.reduce((sum, part) => sum.update(part), keccak_256.create()).digest();
const hashOfType = type => hash([type, ...[...new Set(usedBy(type))].sort()].map(name => utf8ToBytes(lines.get(name))));
const struct = (type, words) => hash([hashOfType(type), ...words]);
/** One word of 32 bytes for each member of an object, which has to have the members of its type in their order. */
function words(type, value) {
  const members = membersOf(type), [its, names] = [Object.keys(Object(value)), members.map(([, name]) => name)].map(it => it.join());
  return need(its === names, `${type} has the members ${names}, not ${its}`) && members.map(([of, name]) => word(of, value[name], name));
}
function word(type, value, name) {
  if (type.endsWith('[]')) {
    const items = need(Array.isArray(value), `${name} is no list`) && value.map(item => word(type.slice(0, -2), item, name));
    return ['Step[]', 'Proof[]'].includes(type) ? items : hash(items);
  }
  if (type === 'Step') return value?.left ? words('Left', value) : [null, ...words('Right', value)];
  if (lines.has(type)) return ['Proof', 'Certificate'].includes(type) ? words(type, value) : struct(type, words(type, value));
  need(typeof value === 'string' && value.isWellFormed(), `${name} is no text`);
  const read = form => need(form.test(value), `${name} has not the form ${form}`) && value;
  if (type === 'string') return need(WORDS[name]?.test(value) ?? true, `no such ${name}`) && hash([utf8ToBytes(value)]);
  if (type === 'address') return hexToBytes(read(/^0x[0-9a-f]{40}$/).slice(2).padStart(64, '0'));
  if (type === 'bytes') return hash([word(`bytes${{ blsKey: 48, registration: 64 }[name] ?? 96}`, value, name)]);
  const [, kind, size] = type.match(/^(bytes|u?int)(\d+)$/);
  if (kind === 'bytes') return hexToBytes(read(RegExp(`^${LETTERS[name] ?? ''}[0-9a-f]{${2 * size}}$`)).slice(-2 * size));
  const number = BigInt(read(/^(0|-?[1-9][0-9]*)$/)), cut = kind === 'uint' ? BigInt.asUintN : BigInt.asIntN;
  need(cut(Number(size), number) === number, `${name} does not fit into ${type}`);
  return hexToBytes(BigInt.asUintN(256, number).toString(16).padStart(64, '0'));
}
const climb = (node, [left, right]) => hash([Uint8Array.of(1), left ?? node, left ? node : right]);
let bytes, file, receipt, seats, result, domain, market, proofs, certificate;
const digest = (type, ...its) => hash([Uint8Array.of(0x19, 1), domain, struct(type, its)]);
const CHECKS = {
  'the form': () => {
    const source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    file = need(bytes.length <= 1_048_576, 'the file has more than 1,048,576 bytes') && JSON.parse(source);
    need(source.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, '$1') === JSON.stringify(file), 'the text is not as JSON.stringify gives it');
    [, , , proofs, certificate] = file?.certificate ? words('Both', file) : words('Workers', file).slice(0, 4);
    const [salt, chainId, contract] = words('Domain', file.domain), [name, version] = ['Marketplace', '1'].map(it => word('string', it));
    [domain, market] = [struct('EIP712Domain', [name, version, chainId, contract, salt]), salt];
    ({ receipt, receipt: { seats, execution: { result } } } = file);
    const [done, fault, isRun] = [receipt.state === 'completed', receipt.fault, result.outcome !== 'not_run'];
    const takesRun = ['none', 'program'].includes(fault), isFuel = BigInt(result.fuel) <= BigInt(receipt.execution.invocation.fuelLimit);
    const isEnd = done === (fault === 'none') && (!done || result.outcome === 'completed') && (isRun || !takesRun);
    need(isFuel && isEnd, 'it contradicts itself');
    const [text, , k, n] = receipt.assurance.match(WORDS.assurance), isByCommittee = isRun && n !== undefined && !k;
    need(n === undefined || (+n <= 16 && (k ? n > 1 && +k <= +n && 2 * k > n : n > 2)), 'no such assurance');
    const [least, most] = [isRun ? (takesRun && k) || 1 : 0, n ?? (text === 'none' ? 1 : 2)];
    need(least <= seats.length && seats.length <= most, `there are not ${least} to ${most} seats`);
    need(seats.every((it, index) => index === 0 || seats[index - 1].worker < it.worker), 'the seats are not ascending');
    need(proofs.length === (isRun && !isByCommittee ? seats.length : 0) && !certificate === !isByCommittee, 'others have signed it');
  },
  "the market's signature": () => {
    const message = digest('Receipts', word('uint64', receipt.epoch), word('Receipt', receipt));
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
    const due = ['none', 'program', 'client'].includes(receipt.fault) ? (cost < limit ? cost : limit) : 0n;
    need(BigInt(receipt.price) === due && amounts.every(amount => amount > 0n) && sumOf(amounts) === due, `the price should be ${due}`);
  },
};
process.exitCode = process.argv.length > 2 ? 0 : 1;
for (const path of process.argv.slice(2)) {
  try {
    bytes = readFileSync(path);
    for (const check in CHECKS) console.log(`${path}: holds: ${(CHECKS[check](), check)}`);
  } catch (error) {
    process.exitCode = console.log(`${path}: broken: ${JSON.stringify(error.message)}`) ?? 1;
  }
}
