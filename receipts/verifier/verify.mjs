// Checks a receipt as RECEIPT.md says, offline. Names and findings are those of `market receipt verify`.
import { blake3 } from '@noble/hashes/blake3.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { isSigned } from './ed25519.mjs';
import { Execution, executionsDigest, FormError, parse, Receipt, receiptsDigest, rootOf } from './form.mjs';

export { BYTES_MAX } from './form.mjs';

const OUTCOMES = [
  'completed',
  'trapped',
  'failed',
  'out_of_fuel',
  'out_of_memory',
  'timed_out',
  'output_too_large',
  'input_unavailable',
  'invalid_module',
];
const NOT_RUN = 'not_run';
const STATES = ['completed', 'failed', 'cancelled', 'timed_out', 'expired'];
const FAULTS = ['none', 'program', 'worker', 'input', 'no_worker', 'client'];
const PAID_FAULTS = ['none', 'program', 'client'];
const ASSURANCES = ['none'];
const FUEL_PER_UNIT_PRICE = 1_000_000n;
const AMOUNT_MAX = (1n << 128n) - 1n;

const holds = finding => ({ result: 'holds', finding });
const broken = finding => ({ result: 'broken', finding });
const notChecked = finding => ({ result: 'not_checked', finding });

const invocationOf = ({ receipt }) => receipt.execution.invocation;
const resultOf = ({ receipt }) => receipt.execution.result;

/** Every check, in the order in which they are told. Each takes the receipt file and the evidence beside it. */
const CHECKS = [
  { name: 'words', check: words },
  { name: 'market', check: marketKey },
  { name: "market's signature", check: marketSignature },
  { name: "worker's signature", check: workerSignature },
  { name: 'price', check: price },
  { name: 'module', check: (file, evidence) => content('module', invocationOf(file).module, evidence.module) },
  { name: 'input', check: (file, evidence) => content('input', invocationOf(file).input, evidence.input) },
  { name: 'output', check: (file, evidence) => content('output', resultOf(file).output, evidence.output) },
  { name: 'result', check: computation },
];

/**
 * Checks the bytes of a .receipt.json.
 * @param evidence What the verifier has beside it: `market`, the key of the market that it trusts, as 64 digits; `module`, `input` and
 * `output`, ids of what should have run, been read and come out ({@link blobId}). What is missing is not checked.
 * @returns The checks, each with name, result (`holds`, `broken`, `not_checked`) and finding; whether none is broken; and the receipt,
 * which is undefined where the bytes are none.
 */
export function verify(bytes, evidence = {}) {
  let file;
  try {
    file = parse(bytes);
  } catch (error) {
    if (!(error instanceof FormError)) {
      throw error;
    }
    return { holds: false, checks: [{ name: 'form', ...broken(error.message) }], file: undefined };
  }
  const checks = CHECKS.map(({ name, check }) => ({ name, ...check(file, evidence) }));
  return { holds: checks.every(check => check.result !== 'broken'), checks, file };
}

/** The id of bytes that come in pieces. */
export async function blobId(pieces) {
  const hash = blake3.create();
  for await (const piece of pieces) {
    hash.update(piece);
  }
  return `blob${bytesToHex(hash.digest())}`;
}

/** The receipt's id: the hash of its struct. */
export const receiptHash = file => bytesToHex(Receipt.word(file.receipt));

function words(file) {
  const { receipt } = file;
  const { invocation, result } = receipt.execution;
  if (![...OUTCOMES, NOT_RUN].includes(result.outcome)) {
    return broken(`'${result.outcome}' is no outcome of a run.`);
  }
  if (!STATES.includes(receipt.state) || !FAULTS.includes(receipt.fault)) {
    return broken(`'${receipt.state}' by the fault '${receipt.fault}' is no end of a job.`);
  }
  if (!ASSURANCES.includes(receipt.assurance)) {
    return broken(`'${receipt.assurance}' is no assurance.`);
  }
  if ((receipt.state === 'completed') !== (receipt.fault === 'none')) {
    return broken(`A job that ended as ${receipt.state} by the fault '${receipt.fault}' contradicts itself.`);
  }
  if (receipt.state === 'completed' && result.outcome !== 'completed') {
    return broken(`The job completed, but its run ended as ${result.outcome}.`);
  }
  if (result.outcome === NOT_RUN && ['none', 'program'].includes(receipt.fault)) {
    return broken(`The job ended by the fault '${receipt.fault}', which takes a run, and no run is said to have ended.`);
  }
  return result.fuel > invocation.fuelLimit
    ? broken(`The run used ${result.fuel} fuel, more than its limit of ${invocation.fuelLimit}.`)
    : holds(`Job ${invocation.job} ${receipt.state.replaceAll('_', ' ')}; its receipt's hash is ${receiptHash(file)}.`);
}

function marketKey({ domain }, { market: trusted }) {
  return trusted === undefined ? notChecked(`It is of the market ${domain.market}; compare that with the key of yours.`)
    : trusted === domain.market ? holds(`It is of the market ${domain.market}, as expected.`)
    : broken(`It is of the market ${domain.market}; expected was ${trusted}.`);
}

function marketSignature(file) {
  const { domain, receipt } = file;
  const digest = receiptsDigest(domain, receipt.epoch, Receipt.word(receipt));
  return isSigned(hexToBytes(domain.market), digest, hexToBytes(file.marketSignature))
    ? holds('The market has signed the receipt.')
    : broken('The market has not signed this receipt.');
}

function workerSignature({ domain, receipt, workerSignature: signed }) {
  const { execution, worker } = receipt;
  const { outcome } = execution.result;
  if (outcome === NOT_RUN) {
    return signed
      ? broken('No run was reported, and yet a worker has signed one.')
      : notChecked('No run was reported, so no worker has signed; the market says how the job ended.');
  }
  if (!signed) {
    return broken(`The run ended as ${outcome}, but no worker has signed that.`);
  }
  const root = rootOf(Execution.word(execution), signed.path);
  return isSigned(hexToBytes(worker), executionsDigest(domain, root), hexToBytes(signed.signature))
    ? holds(`Worker ${worker} has signed what it ran and what came out.`)
    : broken(`Worker ${worker} has not signed this execution.`);
}

function price({ receipt }) {
  const { fault, priceLimit, unitPrice } = receipt;
  const { fuel } = receipt.execution.result;
  const cost = (fuel * unitPrice + FUEL_PER_UNIT_PRICE - 1n) / FUEL_PER_UNIT_PRICE;
  const due = !PAID_FAULTS.includes(fault) ? 0n : cost < priceLimit ? cost : priceLimit;
  if (receipt.price !== due) {
    return broken(
      `${fuel} fuel at ${unitPrice} a million, at most ${priceLimit}, with the fault '${fault}', cost ${due}; ` +
        `the receipt says ${receipt.price}.`,
    );
  }
  const shared = receipt.shares.reduce((sum, share) => sum + share.amount, 0n);
  if (receipt.shares.some(share => share.amount === 0n) || shared > AMOUNT_MAX) {
    return broken('A share is nothing, or the shares are more than there can be.');
  }
  return shared === due
    ? holds(`The price of ${due} follows from fuel, unit price and limit, and is shared out whole.`)
    : broken(`The shares are ${shared} together; the price is ${due}.`);
}

function content(name, stated, actual) {
  return actual === undefined ? notChecked(`The receipt says ${stated}; no ${name} was given to compare.`)
    : actual === stated ? holds(`The ${name} is ${stated}.`)
    : broken(`The ${name} is ${actual}; the receipt says ${stated}.`);
}

/** The last check is one that no file allows. */
function computation() {
  return notChecked("That the program gives this output is the worker's word; run the job again to see for yourself.");
}
