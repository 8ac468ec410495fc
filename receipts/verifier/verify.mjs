// Checks a receipt as RECEIPT.md says, offline. Names and findings are those of `market receipt verify`.
import { blake3 } from '@noble/hashes/blake3.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { isPossessed, isSignedByAll } from './bls.mjs';
import { isSigned } from './ed25519.mjs';
import {
  committeeDigest,
  committeeReceiptsDigest,
  Execution,
  executionsDigest,
  fileWord,
  FormError,
  parse,
  Receipt,
  receiptsDigest,
  registrationDigest,
  rootOf,
} from './form.mjs';
import { priceOfReuse, whyNotTaken, wrongReuse } from './reuse.mjs';

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
const QUORUM_SEATS_MIN = 2;
const COMMITTEE_SEATS_MIN = 3;
const SEATS_MAX = 16;
const PERMILLE_MAX = 1000;
const FUEL_PER_UNIT_PRICE = 1_000_000n;
const NOTHING = /^(blob)?0*$/;
const AMOUNT_MAX = (1n << 128n) - 1n;

const holds = finding => ({ result: 'holds', finding });
const broken = finding => ({ result: 'broken', finding });
const notChecked = finding => ({ result: 'not_checked', finding });

const invocationOf = ({ receipt }) => receipt.execution.invocation;
const resultOf = ({ receipt }) => receipt.execution.result;

const WORKERS = "workers' signatures";
const CERTIFICATE = 'certificate';
const EARLIER = 'earlier receipt';

/** Every check, in the order in which they are told. Each takes the receipt file and the evidence beside it. */
const CHECKS = [
  { name: 'words', check: words },
  { name: 'market', check: marketKey },
  { name: "market's signature", check: marketSignature },
  { name: ({ receipt, reuse }) => (reuse ? EARLIER : isByCommittee(receipt) ? CERTIFICATE : WORKERS), check: signers },
  { name: 'price', check: file => (file.reuse ? reusePrice(file) : price(file)) },
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
  const checks = checksOf(file, evidence);
  return { holds: checks.every(check => check.result !== 'broken'), checks, file };
}

const checksOf = (file, evidence) =>
  CHECKS.map(({ name, check }) => ({ name: typeof name === 'string' ? name : name(file), ...check(file, evidence) }));

/** The id of bytes that come in pieces. */
export async function blobId(pieces) {
  const hash = blake3.create();
  for await (const piece of pieces) {
    hash.update(piece);
  }
  return `blob${bytesToHex(hash.digest())}`;
}

/** The receipt's id: the hash of its struct. */
export const receiptHash = file => bytesToHex(fileWord(file));

function words(file) {
  const { receipt } = file;
  const { invocation, result } = receipt.execution;
  if (![...OUTCOMES, NOT_RUN].includes(result.outcome)) {
    return broken(`'${result.outcome}' is no outcome of a run.`);
  }
  if (!STATES.includes(receipt.state) || !FAULTS.includes(receipt.fault)) {
    return broken(`'${receipt.state}' by the fault '${receipt.fault}' is no end of a job.`);
  }
  const assurance = assuranceOf(receipt.assurance);
  if (!assurance) {
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
  if (saysMoreThanCame(result)) {
    return broken(`The run is said to have ended as ${result.outcome}, and yet something is said to have come of it.`);
  }
  if (result.fuel > invocation.fuelLimit) {
    return broken(`The run used ${result.fuel} fuel, more than its limit of ${invocation.fuelLimit}.`);
  }
  const wrong = file.reuse ? wrongReuse(receipt) : wrongSeats(receipt, assurance);
  return wrong
    ? broken(wrong)
    : holds(`Job ${invocation.job} ${receipt.state.replaceAll('_', ' ')}; its receipt's hash is ${receiptHash(file)}.`);
}

function saysMoreThanCame({ outcome, fuel, ...rest }) {
  const said = outcome === NOT_RUN ? Object.values(rest) : outcome === 'completed' ? [] : [rest.output, rest.outputFiles];
  return said.some(value => !NOTHING.test(value));
}

/** What an assurance takes; undefined: there is none with this text. */
function assuranceOf(text) {
  if (text === 'none') {
    return { kind: 'none', seats: 1 };
  }
  if (/^audit:(100|[1-9][0-9]?(\.[1-9])?|0\.[1-9])%$/.test(text)) {
    return { kind: 'audit', permille: Math.round(10 * Number(text.slice('audit:'.length, -1))), seats: 2 };
  }
  const [, kind, , agreeing, seats] = text.match(/^(quorum|committee):(([1-9][0-9]?)\/)?([1-9][0-9]?)$/) ?? [];
  const [k, n] = [Number(agreeing), Number(seats)];
  if (kind === 'quorum' && agreeing !== undefined && n >= QUORUM_SEATS_MIN && n <= SEATS_MAX && k <= n && 2 * k > n) {
    return { kind, agreeing: k, seats: n };
  }
  const isCommittee = kind === 'committee' && agreeing === undefined && n >= COMMITTEE_SEATS_MIN && n <= SEATS_MAX;
  return isCommittee ? { kind, seats: n } : undefined;
}

const isByCommittee = receipt => assuranceOf(receipt.assurance)?.kind === 'committee';

/** Why the seats are not such as the assurance has. */
function wrongSeats({ assurance: text, seats, execution, fault }, assurance) {
  const least = execution.result.outcome === NOT_RUN ? 0
    : !['none', 'program'].includes(fault) ? 1
    : assurance.kind === 'quorum' ? assurance.agreeing
    : assurance.permille === PERMILLE_MAX ? assurance.seats
    : 1;
  if (seats.length < least || seats.length > assurance.seats) {
    return `The assurance '${text}' takes from ${least} to ${assurance.seats} seats here; the receipt has ${seats.length}.`;
  }
  const next = seats.find(({ worker }, index) => index > 0 && seats[index - 1].worker >= worker);
  return next && `The seats are not ascending by worker: ${next.worker} stands in the wrong place, or twice.`;
}

function marketKey({ domain }, { market: trusted }) {
  const { market, chainId, contract } = domain;
  const settlement = chainId !== 0n ? `settles on chain ${chainId} by the contract ${contract}` : 'settles on no chain';
  const name = chainId !== 0n ? `${market}, which ${settlement}` : market;
  // A key alone is that of a market which settles on no chain.
  return trusted === undefined ? notChecked(`It is of the market ${name}; compare that with the key of yours.`)
    : trusted !== market ? broken(`It is of the market ${market}; expected was ${trusted}.`)
    : chainId === 0n ? holds(`It is of the market ${name}, as expected.`)
    : broken(`It is of the market ${market} where it ${settlement}; expected was where it settles on no chain.`);
}

function marketSignature(file) {
  const { domain, receipt } = file;
  const digest = receiptsDigest(domain, receipt.epoch, fileWord(file));
  return isSigned(hexToBytes(domain.market), digest, hexToBytes(file.marketSignature))
    ? holds('The market has signed the receipt.')
    : broken('The market has not signed this receipt.');
}

/** Who says how the run ended: its workers, a committee, or those of an earlier receipt. */
function signers(file) {
  const { receipt, workerSignatures, certificate, reuse } = file;
  if (reuse) {
    return byEarlier(file);
  }
  if (receipt.execution.result.outcome === NOT_RUN) {
    return workerSignatures.length === 0 && !certificate
      ? notChecked('No run was reported, so no worker has signed; the market says how the job ended.')
      : broken('No run was reported, and yet one is signed.');
  }
  if (isByCommittee(receipt) ? workerSignatures.length > 0 : certificate) {
    return broken(`With the assurance '${receipt.assurance}', others sign a run than have signed this one.`);
  }
  return isByCommittee(receipt) ? byCommittee(file) : byWorkers(file);
}

function byEarlier(file) {
  const { earlier } = file.reuse;
  const wrong = whyNotTaken(file, assuranceOf(file.receipt.assurance), assuranceOf(earlier.receipt.assurance));
  if (wrong) {
    return broken(wrong);
  }
  const first = checksOf(earlier, {}).find(({ result }) => result === 'broken');
  return first
    ? broken(`The earlier receipt does not hold: ${first.finding}`)
    : holds(`Those who ran job ${invocationOf(earlier).job} have signed what came out; this job took it over.`);
}

function byWorkers({ domain, receipt, workerSignatures }) {
  const { execution, seats } = receipt;
  if (seats.length === 0 || seats.length > SEATS_MAX || workerSignatures.length !== seats.length) {
    return broken(
      `The run ended as ${execution.result.outcome}, which ${seats.length} workers are said to have got; ` +
        `${workerSignatures.length} have signed that.`,
    );
  }
  for (const [index, { worker }] of seats.entries()) {
    const { path, signature } = workerSignatures[index];
    const root = rootOf(Execution.word(execution), path);
    if (!isSigned(hexToBytes(worker), executionsDigest(domain, root), hexToBytes(signature))) {
      return broken(`Worker ${worker} has not signed this execution.`);
    }
  }
  return seats.length === 1
    ? holds(`Worker ${seats[0].worker} has signed what it ran and what came out.`)
    : holds(`All ${seats.length} workers have signed what they ran and what came out.`);
}

function byCommittee({ domain, receipt, certificate }) {
  if (!certificate) {
    return broken(`The run ended as ${receipt.execution.result.outcome}, but no committee has signed that.`);
  }
  const { members, signers: bitmap } = certificate;
  const { epoch, seats } = receipt;
  const size = assuranceOf(receipt.assurance).seats;
  if (epoch === 0n) {
    return broken('Epoch 0 has no committee.');
  }
  if (members.length !== size) {
    return broken(`The committee has ${members.length} members; the assurance takes ${size}.`);
  }
  const isEachOnce = [members.map(({ worker }) => worker), members.map(({ blsKey }) => blsKey)].every(its => new Set(its).size === size);
  if (!isEachOnce || members.some(({ weight }) => weight === 0n)) {
    return broken('A worker or a key is in the committee twice, or a member has no weight.');
  }
  const membersDigest = committeeDigest(domain, epoch, members);
  if (!isSigned(hexToBytes(domain.market), membersDigest, hexToBytes(certificate.membersSignature))) {
    return broken(`The market has not signed that these are the committee's members in epoch ${epoch}.`);
  }
  const total = weightOf(members);
  const isEnough = weight => 3n * weight > 2n * total;
  const seated = members.filter(({ worker }) => seats.some(seat => seat.worker === worker));
  if (seated.length < seats.length || !isEnough(weightOf(seated))) {
    return broken("The seats are not those of members with over two thirds of the committee's weight.");
  }
  const signing = members.filter((_, index) => (bitmap >> BigInt(index)) & 1n);
  if (bitmap >> BigInt(size) !== 0n || !isEnough(weightOf(signing))) {
    return broken(`The signers, ${bitmap} as a bitmap, are not members with over two thirds of the weight.`);
  }
  const isRegistered = ({ worker, blsKey, registration }) =>
    isSigned(hexToBytes(worker), registrationDigest(domain, worker, blsKey), hexToBytes(registration));
  const unregistered = members.find(member => !isRegistered(member));
  if (unregistered) {
    return broken(`Worker ${unregistered.worker} has not signed that the key beside it is its own.`);
  }
  const unproven = members.find(({ blsKey, possession }) => !isPossessed(blsKey, possession));
  if (unproven) {
    return broken(`Member ${unproven.worker} has not proved that it has the secret of its key.`);
  }
  const digest = committeeReceiptsDigest(domain, epoch, members, rootOf(Receipt.word(receipt), certificate.path));
  return isSignedByAll(signing.map(({ blsKey }) => blsKey), digest, certificate.signature)
    ? holds(`${signing.length} of ${size} members, with ${weightOf(signing)} of the weight ${total}, have signed the receipt.`)
    : broken('The committee has not signed this receipt.');
}

const weightOf = members => members.reduce((sum, { weight }) => sum + weight, 0n);

function price({ receipt }) {
  const { fault, priceLimit, seats } = receipt;
  const { fuel } = receipt.execution.result;
  const cost = seats
    .map(({ unitPrice }) => (fuel * unitPrice + FUEL_PER_UNIT_PRICE - 1n) / FUEL_PER_UNIT_PRICE)
    .reduce((sum, one) => sum + one, 0n);
  const due = !PAID_FAULTS.includes(fault) ? 0n : cost < priceLimit ? cost : priceLimit;
  if (receipt.price !== due) {
    return broken(
      `${fuel} fuel of ${seats.length} seats, at most ${priceLimit}, with the fault '${fault}', cost ${due}; ` +
        `the receipt says ${receipt.price}.`,
    );
  }
  const stated = receipt.execution.result.outcome === NOT_RUN ? 'the fuel that the market states' : 'fuel';
  return sharedOut(receipt, `The price of ${due} follows from ${stated}, unit prices and limit, and is shared out whole.`);
}

function reusePrice({ receipt, reuse }) {
  const { wrong, due } = priceOfReuse(receipt, reuse, assuranceOf(receipt.assurance));
  return wrong
    ? broken(wrong)
    : sharedOut(receipt, `The price of ${due} is ${reuse.percent} percent of an earlier price, and is shared out whole.`);
}

/** The receipt's price is right. */
function sharedOut(receipt, finding) {
  const shared = receipt.shares.reduce((sum, share) => sum + share.amount, 0n);
  if (receipt.shares.some(share => share.amount === 0n) || shared > AMOUNT_MAX) {
    return broken('A share is nothing, or the shares are more than there can be.');
  }
  return shared === receipt.price
    ? holds(finding)
    : broken(`The shares are ${shared} together; the price is ${receipt.price}.`);
}

function content(name, stated, actual) {
  return actual === undefined && NOTHING.test(stated) ? notChecked(`The receipt says that there was no ${name}.`)
    : actual === undefined ? notChecked(`The receipt says ${stated}; no ${name} was given to compare.`)
    : actual === stated ? holds(`The ${name} is ${stated}.`)
    : broken(`The ${name} is ${actual}; the receipt says ${stated}.`);
}

/** The last check is one that no file allows. */
function computation(file) {
  return resultOf(file).outcome === NOT_RUN
    ? notChecked('No run was reported, so there is no result.')
    : notChecked('That the program gives this output is the word of those who signed; run the job again to see for yourself.');
}
