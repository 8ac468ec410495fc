// The types of RECEIPT.md, read from it: the members of an object in their order, the form of each, and its word in the hash of a struct.
import { readFileSync } from 'node:fs';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { need } from './signatures.mjs';
// Behind the types of RECEIPT.md stand those of the file's other parts, which are not hashed.
const [, TYPES] = readFileSync(new URL('RECEIPT.md', import.meta.url), 'utf8').match(/## Types\n\n```\n([^`]*)```/);
const lines = new Map(`${TYPES}Domain(bytes32 market,uint64 chainId,address contract)\nLeft(bytes32 left)\nRight(bytes32 right)
Workers(string format,Domain domain,Receipt receipt,Proof[] workerSignatures,bytes64 marketSignature)
Both(string format,Domain domain,Receipt receipt,Proof[] workerSignatures,Certificate certificate,bytes64 marketSignature)
Answered(string format,Domain domain,Receipt receipt,Proof[] workerSignatures,Answer reuse,bytes64 marketSignature)
Answer(uint16 percent,Whole earlier)
Certificate(Member[] members,bytes64 membersSignature,Step[] path,uint64 signers,bytes96 signature)
Proof(Step[] path,bytes64 signature)`.split('\n').map(line => [line.split('(')[0], line]));
export const WORDS = { format: /^marketplace receipt 1$/, state: /^(completed|failed|cancelled|timed_out|expired)$/,
  outcome: RegExp('^(completed|trapped|failed|out_of_(fuel|memory)|timed_out|output_too_large|input_unavailable|invalid_module|not_run)$'),
  assurance: /^(none|audit:(?:100|[1-9]\d?(?:\.[1-9])?|0\.[1-9])%|(?:quorum:([1-9]\d?)\/|committee:)([1-9]\d?))$/,
  fault: /^(none|program|worker|input|no_worker|client)$/ };
const LETTERS = { program: 'prog', module: 'blob', input: 'blob', output: 'blob', content: 'blob' };
const membersOf = type => lines.get(type).match(/\((.*)\)/)[1].split(',').map(member => member.split(' '));
const usedBy = type => membersOf(type).flatMap(([item]) => [item.replace('[]', '')].flatMap(t => (lines.has(t) ? [t, ...usedBy(t)] : [])));
export const hash = parts => parts.reduce((sum, part) => sum.update(part), keccak_256.create()).digest();
const hashOfType = type => hash([type, ...[...new Set(usedBy(type))].sort()].map(name => utf8ToBytes(lines.get(name))));
export const struct = (type, words) => hash([hashOfType(type), ...words]);
/** One word of 32 bytes for each member of an object, which has to have the members of its type in their order. */
export function words(type, value) {
  const members = membersOf(type), [its, names] = [Object.keys(Object(value)), members.map(([, name]) => name)].map(it => it.join());
  return need(its === names, `${type} has the members ${names}, not ${its}`) && members.map(([of, name]) => word(of, value[name], name));
}
export function word(type, value, name) {
  if (type.endsWith('[]')) {
    const items = need(Array.isArray(value), `${name} is no list`) && value.map(item => word(type.slice(0, -2), item, name));
    return ['Step[]', 'Proof[]'].includes(type) ? items : hash(items);
  }
  if (type === 'Whole') return value;
  if (type === 'Step') return value?.left ? words('Left', value) : [null, ...words('Right', value)];
  if (lines.has(type)) return ['Proof', 'Certificate', 'Answer'].includes(type) ? words(type, value) : struct(type, words(type, value));
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
