// Receipts of jobs that an earlier one's receipt has answered: RECEIPT.md, "How to check one", 7.
import { bytesToHex } from '@noble/hashes/utils.js';
import { Invocation, Result } from './form.mjs';

const PERCENT_MAX = 100n;
const ZERO = /^0*$/;

/** Why such a receipt contradicts itself. */
export const wrongReuse = ({ seats, state, epoch }) =>
  (seats.length > 0 || state !== 'completed' || epoch !== 0n) &&
  "A job that an earlier one's receipt has answered has completed, without seats and without an epoch.";

/** Why the earlier receipt in the file does not answer its job, if it holds. Assurances are read; one is undefined where it is none. */
export function whyNotTaken({ domain, receipt, workerSignatures, certificate, reuse: { earlier } }, asked, had) {
  if (workerSignatures.length > 0 || certificate) {
    return 'The job did not run, and yet its run is signed.';
  }
  if (Object.keys(domain).some(name => domain[name] !== earlier.domain[name])) {
    return 'The earlier receipt is of another market, or of a job that did not run either.';
  }
  const difference = differenceOf(receipt, earlier.receipt);
  if (difference) {
    return difference;
  }
  const isOwn = had?.kind === 'committee' || earlier.receipt.payer === receipt.payer;
  return !asked || !had || !covers(had, asked, earlier.receipt.seats.length) || !isOwn
    ? `An earlier result of '${earlier.receipt.assurance}' is not as sure as '${receipt.assurance}', or not this payer's own.`
    : undefined;
}

/** What the job costs, or what is wrong with what the receipt says of that. */
export function priceOfReuse({ price, priceLimit }, { percent, earlier }, asked) {
  const { price: whole, seats } = earlier.receipt;
  if (percent > PERCENT_MAX || seats.length === 0) {
    return { wrong: `${percent} percent of the price of ${seats.length} seats are no price.` };
  }
  const parts = PERCENT_MAX * BigInt(seats.length);
  const part = percent * BigInt(Math.min(neededOf(asked), seats.length));
  const cost = (whole * part + parts - 1n) / parts;
  const due = cost < priceLimit ? cost : priceLimit;
  return price === due
    ? { due }
    : {
        wrong:
          `${percent} percent of the price ${whole} of ${seats.length} seats, at most ${priceLimit}, are ` +
          `${due}; the receipt says ${price}.`,
      };
}

/** How many seats must give one result. */
function neededOf(assurance) {
  return assurance?.kind === 'quorum' ? assurance.agreeing
    : assurance?.kind === 'committee' ? Math.floor((2 * assurance.seats) / 3) + 1
    : 1;
}

/** Whether a result of the first, which so many seats gave, is no less sure than one of the second. */
function covers(had, asked, seats) {
  const isCommittee = had.kind === 'committee';
  switch (asked.kind) {
    case 'none':
      return true;
    case 'audit':
      return had.kind === 'quorum' || (had.kind === 'audit' && had.permille >= asked.permille) || (isCommittee && seats >= asked.seats);
    case 'quorum':
      return had.kind === 'quorum'
        ? had.agreeing >= asked.agreeing && had.seats - had.agreeing <= asked.seats - asked.agreeing
        : isCommittee && had.seats >= asked.seats && seats >= asked.agreeing;
    default:
      // One member more of whom no more must agree, as 4 beside 3, is one more that may lie.
      return isCommittee && (had.seats === asked.seats || (had.seats > asked.seats && neededOf(had) > neededOf(asked)));
  }
}

function differenceOf(receipt, earlier) {
  const [asked, ran] = [receipt, earlier].map(({ execution }) => execution.invocation);
  if (earlier.state !== 'completed' || earlier.endedAt > receipt.endedAt || ran.job === asked.job) {
    return 'The earlier job did not complete, or not before this one, or is this one.';
  }
  const { job, clock, fuelLimit, timeLimit } = asked;
  if (!isSame(Invocation, { ...ran, job, clock, fuelLimit, timeLimit }, asked)) {
    return 'The earlier job was asked to run something else.';
  }
  const { stateBefore, stateAfter, writes } = earlier.execution.result;
  const hasState = [stateBefore, stateAfter, writes].some(root => !ZERO.test(root));
  return !isSame(Result, earlier.execution.result, receipt.execution.result) ? 'The earlier job had another result.'
    : hasState ? 'The program keeps state, so its results depend on the jobs before.'
    : undefined;
}

const isSame = (type, one, other) => bytesToHex(type.word(one)) === bytesToHex(type.word(other));
