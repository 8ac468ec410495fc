// node verify.mjs FILE...: checks each .receipt.json by receipts/RECEIPT.md and prints the checks. Exits with 0 if all hold, else 1.
import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
// The types of RECEIPT.md, and on the last three lines those of the file's other parts, which are not hashed.
const TYPES = `Receipt(Execution execution,bytes32 payer,bytes32 worker,string assurance,string state,string fault,uint128 priceLimit,\
uint128 unitPrice,uint128 price,Share[] shares,uint64 epoch,uint64 endedAt) Execution(Invocation invocation,Result result)
Invocation(bytes32 job,bytes32 program,bytes32 module,string entryPoint,string[] arguments,Variable[] environment,bytes32 input,\
File[] files,uint64 clock,uint64 fuelLimit,uint32 memoryPages,uint64 timeLimit) Result(bytes32 profile,string outcome,int32 exitCode,\
uint64 fuel,bytes32 output,File[] outputFiles,bytes32 stateBefore,bytes32 stateAfter,bytes32 writes) Executions(bytes32 root)
File(string name,bytes32 content) Share(bytes32 account,uint128 amount) Variable(string name,string value)
EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt) Receipts(uint64 epoch,bytes32 root)
Ran(string format,Domain domain,Receipt receipt,Proof workerSignature,bytes64 marketSignature)
NotRun(string format,Domain domain,Receipt receipt,bytes64 marketSignature) Domain(bytes32 market,uint64 chainId,address contract)
Proof(Step[] path,bytes64 signature) Left(bytes32 left) Right(bytes32 right)`;
const WORDS = { format: 'marketplace receipt 1', assurance: 'none', state: 'completed,failed,cancelled,timed_out,expired',
  fault: 'none,program,worker,input,no_worker,client', outcome: 'completed,trapped,failed,out_of_fuel,out_of_memory,timed_out,\
output_too_large,input_unavailable,invalid_module,not_run' };
const LETTERS = { program: 'prog', module: 'blob', input: 'blob', output: 'blob', content: 'blob' };

const lines = new Map(TYPES.split(/(?<=\))\s/).map(line => [line.split('(')[0], line]));
const membersOf = type => lines.get(type).match(/\((.*)\)/)[1].split(',').map(member => member.split(' '));
const usedBy = type => membersOf(type).flatMap(([item]) => [item.replace('[]', '')].flatMap(t => (lines.has(t) ? [t, ...usedBy(t)] : [])));
const hash = parts => parts.reduce((sum, part) => sum.update(part), keccak_256.create()).digest();
const hashOfType = type => hash([type, ...[...new Set(usedBy(type))].sort()].map(name => utf8ToBytes(lines.get(name))));
const struct = (type, words) => hash([hashOfType(type), ...words]);
const integer = bytes => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const need = (condition, reason) => condition || (() => { throw new Error(reason); })();
/** One word of 32 bytes for each member of an object, which has to have the members of its type in their order. */
function words(type, value) {
  const members = membersOf(type), [its, names] = [Object.keys(Object(value)), members.map(([, name]) => name)].map(it => it.join());
  return need(its === names, `${type} has the members ${names}, not ${its}`) && members.map(([of, name]) => word(of, value[name], name));
}
function word(type, value, name) {
  if (type.endsWith('[]')) {
    const items = need(Array.isArray(value), `${name} is no list`) && value.map(item => word(type.slice(0, -2), item, name));
    return type === 'Step[]' ? items : hash(items);
  }
  if (type === 'Step') return value?.left ? words('Left', value) : [null, ...words('Right', value)];
  if (lines.has(type)) return type === 'Proof' ? words(type, value) : struct(type, words(type, value));
  need(typeof value === 'string' && value.isWellFormed(), `${name} is no text`);
  const read = form => need(form.test(value), `${name} has not the form ${form}`) && value;
  if (type === 'string') return need(WORDS[name]?.split(',').includes(value) ?? true, `no such ${name}`) && hash([utf8ToBytes(value)]);
  if (type === 'address') return hexToBytes(read(/^0x[0-9a-f]{40}$/).slice(2).padStart(64, '0'));
  const [, kind, size] = type.match(/^(bytes|u?int)(\d+)$/);
  if (kind === 'bytes') return hexToBytes(read(RegExp(`^${LETTERS[name] ?? ''}[0-9a-f]{${2 * size}}$`)).slice(-2 * size));
  const number = BigInt(read(/^(0|-?[1-9][0-9]*)$/)), cut = kind === 'uint' ? BigInt.asUintN : BigInt.asIntN;
  need(cut(Number(size), number) === number, `${name} does not fit into ${type}`);
  return hexToBytes(BigInt.asUintN(256, number).toString(16).padStart(64, '0'));
}
/** RFC 8032 without the cofactor. fromBytes throws at encodings that are not canonical, multiplyUnsafe at scalars from the order on. */
export function isSigned(message, signature, key) {
  const [A, R] = [key, signature.subarray(0, 32)].map(bytes => ed25519.Point.fromBytes(bytes));
  const k = integer(sha512(concatBytes(signature.subarray(0, 32), key, message)).reverse()) % ed25519.Point.Fn.ORDER;
  const isEqual = ed25519.Point.BASE.multiplyUnsafe(integer(signature.slice(32).reverse())).equals(R.add(A.multiplyUnsafe(k)));
  return isEqual && !A.isSmallOrder() && !R.isSmallOrder();
}
let bytes, file, receipt, invocation, result, domain, proof;
const digest = (type, ...its) => hash([Uint8Array.of(0x19, 1), domain, struct(type, its)]);
const CHECKS = {
  'the form': () => {
    const source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    file = need(bytes.length <= 1_048_576, 'the file has more than 1,048,576 bytes') && JSON.parse(source);
    need(source.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, '$1') === JSON.stringify(file), 'the text is not as JSON.stringify gives it');
    proof = file?.workerSignature ? words('Ran', file)[3] : words('NotRun', file) && null;
    const [salt, chainId, contract] = words('Domain', file.domain), [name, version] = ['Marketplace', '1'].map(it => word('string', it));
    domain = struct('EIP712Domain', [name, version, chainId, contract, salt]);
    ({ receipt, receipt: { execution: { invocation, result } } } = file);
    const [done, out, fault] = [receipt.state === 'completed', result.outcome, need(BigInt(result.fuel) <= BigInt(invocation.fuelLimit), 'fuel') && receipt.fault];
    need(done === (fault === 'none') && (!done || out === 'completed') && (out !== 'not_run' || !['none', 'program'].includes(fault)), 'it contradicts itself');
  },
  "the market's signature": () => {
    const message = digest('Receipts', word('uint64', receipt.epoch), word('Receipt', receipt));
    need(isSigned(message, hexToBytes(file.marketSignature), hexToBytes(file.domain.market)), 'it is not that of the market in the file');
  },
  "the worker's signature": () => {
    need(!proof === (result.outcome === 'not_run'), 'a run needs one, and what did not run has none');
    const climb = (node, [left, right]) => hash([Uint8Array.of(1), left ?? node, left ? node : right]);
    const root = proof?.[0].reduce(climb, word('Execution', receipt.execution));
    need(!proof || isSigned(digest('Executions', root), proof[1], hexToBytes(receipt.worker)), 'it is not that of the worker in the file');
  },
  'the price': () => {
    const cost = (BigInt(result.fuel) * BigInt(receipt.unitPrice) + 999_999n) / 1_000_000n, most = BigInt(receipt.priceLimit);
    const due = ['none', 'program', 'client'].includes(receipt.fault) ? (cost < most ? cost : most) : 0n;
    const amounts = receipt.shares.map(share => BigInt(share.amount));
    const isShared = amounts.every(amount => amount > 0n) && amounts.reduce((sum, amount) => sum + amount, 0n) === due;
    need(BigInt(receipt.price) === due && isShared, `the price should be ${due}, and the shares together the same`);
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
