// The seventh rule of RECEIPT.md: a job that the receipt of an earlier one has answered. What does not hold throws.
import { need } from './signatures.mjs';
/** The kind of an assurance, and its numbers: percent, K and N, or N. */
function partsOf(assurance) {
  const [kind, numbers] = assurance.split(':');
  return { kind, numbers: numbers?.replace('%', '').split('/').map(Number) ?? [] };
}
/** How many seats must give one result. */
function neededOf({ kind, numbers: [first] }) {
  if (kind === 'committee') return Math.floor((2 * first) / 3) + 1;
  return kind === 'quorum' ? first : 1;
}
function covers(had, asked, seats) {
  const [[first, second], [least, of]] = [had.numbers, asked.numbers];
  if (asked.kind === 'none') return true;
  if (asked.kind === 'audit' && had.kind !== 'audit') return had.kind === 'quorum' || (had.kind === 'committee' && seats > 1);
  if (asked.kind === 'audit') return first >= least;
  if (asked.kind === 'committee') return had.kind === 'committee' && (first === least || (first > least && neededOf(had) > neededOf(asked)));
  return had.kind === 'quorum' ? first >= least && second - first <= of - least : had.kind === 'committee' && first >= of && seats >= least;
}
/** What the answer costs, before the limit. */
export function dueOf({ assurance }, { percent, earlier: { receipt: earlier } }) {
  const seats = BigInt(need(earlier.seats.length, 'the earlier receipt has no seats'));
  need(Number(percent) <= 100, 'it costs more than the run');
  const needed = BigInt(neededOf(partsOf(assurance))), part = BigInt(percent) * (needed < seats ? needed : seats);
  return (BigInt(earlier.price) * part + 100n * seats - 1n) / (100n * seats);
}
/** Of the earlier receipt only what it has to do with its answer; word gives the hash of a struct. */
export function checkReuse({ receipt, reuse: { earlier: { receipt: earlier } } }, word) {
  const { execution: { invocation: asked, result } } = receipt, { execution: { invocation: ran, result: given } } = earlier;
  const isBefore = earlier.state === 'completed' && BigInt(earlier.endedAt) <= BigInt(receipt.endedAt) && ran.job !== asked.job;
  need(isBefore, 'the earlier job did not complete before it');
  const { job, clock, fuelLimit, timeLimit } = asked;
  const isSame = (type, one, other) => Buffer.from(word(type, one)).equals(Buffer.from(word(type, other)));
  need(isSame('Invocation', { ...ran, job, clock, fuelLimit, timeLimit }, asked), 'the earlier job ran something else');
  need(isSame('Result', given, result), 'the earlier job had another result');
  need([given.stateBefore, given.stateAfter, given.writes].every(it => /^0+$/.test(it)), 'the program keeps state');
  const [had, wanted] = [earlier, receipt].map(it => partsOf(it.assurance));
  need(had.kind === 'committee' || earlier.payer === receipt.payer, "the earlier result is another payer's");
  need(covers(had, wanted, earlier.seats.length), 'the earlier result is not as sure');
}
