// The page: takes what a person gives, has verify.mjs check it, and shows what it found. Texts of a receipt are untrusted: they reach
// the document as text nodes alone, with what is invisible or turns the direction of writing made visible.
import { BYTES_MAX, blobId, receiptHash, verify } from './verify.mjs';

/** A list has no more items on the page: a receipt may have a hundred thousand, which no person reads. */
const ITEMS_SHOWN_MAX = 100;

/** Nor does a text have more characters there. */
const CHARACTERS_SHOWN_MAX = 2_000;

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const ZERO_DIGITS = /^(blob|prog)?0{64}$/;
const KEY = /^[0-9a-f]{64}$/;

const MARKS = { holds: '✓ Holds', broken: '✗ Broken', not_checked: '– Not checked' };
const VERDICTS = {
  holds: 'The receipt holds, as far as it was checked.',
  broken: 'The receipt does not hold.',
  malformed: 'This is no receipt.',
};

const byId = id => document.getElementById(id);
const evidenceFiles = ['module', 'input', 'output'];

/** The bytes of the receipt, from wherever they came last; undefined: none yet. */
let given;

/** Ids that were computed, or are being computed, by file. */
const ids = new WeakMap();

/** Counts checks: what an older one found is not shown over what a newer one did. */
let round = 0;

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  made.append(...children);
  return made;
}

/** Control and format characters, lone halves and unusual spaces as their numbers, and no more characters than a person reads. */
function shown(text) {
  const cut = text.length > CHARACTERS_SHOWN_MAX ? `${text.slice(0, CHARACTERS_SHOWN_MAX)}… (${text.length} characters)` : text;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, character => `\\u{${character.codePointAt(0).toString(16)}}`);
}

const number = value => value.toLocaleString('en');

const digits = id => element('span', 'digits', id);

function time(nanoseconds) {
  const date = new Date(Number(nanoseconds / NANOSECONDS_PER_MILLISECOND));
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'long' }).format(date);
}

/** The items, each on its own line, as long as a person reads on. */
function lines(items, show) {
  const all = items.slice(0, ITEMS_SHOWN_MAX).map(item => element('div', '', ...show(item)));
  return items.length > ITEMS_SHOWN_MAX ? [...all, element('div', '', `and ${number(items.length - ITEMS_SHOWN_MAX)} more`)] : all;
}

const quoted = text => element('span', 'digits', `“${shown(text)}”`);
const files = items => lines(items, file => [quoted(file.name), ' ', digits(file.content)]);
const words = name => shown(name).replaceAll('_', ' ');

/** What the receipt says, as name and nodes; what it says nothing of is missing. */
function statements(file) {
  const { domain, receipt } = file;
  const { invocation, result } = receipt.execution;
  const id = value => (ZERO_DIGITS.test(value) ? [] : [digits(value)]);
  return [
    ['Receipt', [digits(receiptHash(file))]],
    ['Market', [digits(domain.market)]],
    ['Chain', domain.chainId === 0n ? [] : [`${domain.chainId}, contract `, digits(domain.contract)]],
    ['Job', [digits(invocation.job)]],
    ['Ended', [`${words(receipt.state)}, ${time(receipt.endedAt)}`]],
    ['Fault', receipt.fault === 'none' ? [] : [words(receipt.fault)]],
    ['Program', id(invocation.program)],
    ['Module', id(invocation.module)],
    ['Entry point', invocation.entryPoint === '' ? [] : [quoted(invocation.entryPoint)]],
    ['Arguments', lines(invocation.arguments, argument => [quoted(argument)])],
    ['Environment', lines(invocation.environment, variable => [quoted(variable.name), ' = ', quoted(variable.value)])],
    ['Input', id(invocation.input)],
    ['Input files', files(invocation.files)],
    ['Clock', [time(invocation.clock)]],
    ['Run', [words(result.outcome) + (result.exitCode === 0n ? '' : `, exit code ${result.exitCode}`)]],
    ['Output', id(result.output)],
    ['Output files', files(result.outputFiles)],
    ['State before', id(result.stateBefore)],
    ['State after', id(result.stateAfter)],
    ['Profile', id(result.profile)],
    [
      receipt.seats.length > 1 ? 'Workers' : 'Worker',
      lines(receipt.seats, seat => [digits(seat.worker), ` at ${number(seat.unitPrice)} a million fuel`]),
    ],
    ['Fuel', [`${number(result.fuel)} of at most ${number(invocation.fuelLimit)}`]],
    ['Assurance', [words(receipt.assurance)]],
    ['Price', [`${number(receipt.price)} of at most ${number(receipt.priceLimit)}`]],
    ['Paid by', [digits(receipt.payer)]],
    ['Paid to', lines(receipt.shares, share => [digits(share.account), ` ${number(share.amount)}`])],
    ['Answered by', file.reuse ? [digits(receiptHash(file.reuse.earlier)), `, for ${file.reuse.percent} percent of its price`] : []],
    ['Committee', lines(file.certificate?.members ?? [], member => [digits(member.worker), ` of weight ${number(member.weight)}`])],
    ['Signed by', [signersOf(file)]],
  ].filter(([, nodes]) => nodes.length > 0);
}

function signersOf({ certificate, workerSignatures, reuse }) {
  if (reuse) {
    return `the market; its earlier receipt by ${signersOf(reuse.earlier)}`;
  }
  if (certificate) {
    const count = certificate.signers.toString(2).replaceAll('0', '').length;
    return `${count} of ${certificate.members.length} members of the committee and the market`;
  }
  const count = workerSignatures.length;
  return count === 0 ? 'the market' : count === 1 ? 'the worker and the market' : `${count} workers and the market`;
}

function say(text, className) {
  byId('verdict').textContent = text;
  byId('verdict').className = className;
}

function hide() {
  say('', '');
  delete byId('verdict').dataset.verdict;
  byId('findings').hidden = true;
  byId('checks').replaceChildren();
  byId('told').hidden = true;
  byId('receipt').replaceChildren();
}

function show({ holds, checks, file }) {
  const verdict = file === undefined ? 'malformed' : holds ? 'holds' : 'broken';
  say(VERDICTS[verdict], holds ? 'holds' : 'broken');
  byId('verdict').dataset.verdict = verdict;
  byId('findings').hidden = false;
  byId('checks').replaceChildren(...checks.map(({ name, result, finding }) => {
    const title = element('p', `mark ${result}`, `${MARKS[result]}: ${name}`);
    const item = element('li', '', title, element('p', '', shown(finding)));
    item.dataset.check = name;
    item.dataset.result = result;
    return item;
  }));
  byId('told').hidden = file === undefined;
  byId('told-title').textContent = holds ? 'What the receipt says' : 'What the receipt says, though it does not hold';
  byId('receipt').replaceChildren(...(file === undefined ? [] : statements(file)).map(([name, nodes]) =>
    element('div', '', element('dt', '', name), element('dd', '', ...nodes))));
}

/** Something that could not be read at all. What is being checked meanwhile is not shown any more. */
function refuse(finding) {
  round++;
  given = undefined;
  show({ holds: false, checks: [{ name: 'file', result: 'broken', finding }], file: undefined });
}

/** The key of the trusted market; undefined: none was given; null: what was given is none. */
function trustedMarket() {
  const typed = byId('market').value.trim().toLowerCase();
  const isKey = typed === '' || KEY.test(typed);
  byId('market').setAttribute('aria-invalid', String(!isKey));
  byId('market-error').textContent = isKey ? '' : `This has ${typed.length} characters; a key has 64 digits from 0 to 9 and a to f.`;
  return !isKey ? null : typed === '' ? undefined : typed;
}

async function check() {
  const mine = ++round;
  const market = trustedMarket();
  if (given === undefined || market === null) {
    hide();
    return;
  }
  const bytes = given;
  const chosen = evidenceFiles.filter(name => byId(name).files.length > 0);
  if (chosen.length > 0) {
    hide();
    say('Reading the files…', 'not_checked');
  }
  const evidence = { market };
  for (const name of chosen) {
    try {
      evidence[name] = await idOf(byId(name).files[0]);
    } catch (error) {
      if (mine === round) {
        refuse(`The ${name} cannot be read: ${error.message}`);
      }
      return;
    }
  }
  if (mine !== round) {
    return;
  }
  try {
    show(verify(bytes, evidence));
  } catch (error) {
    refuse(`This is a fault of the page, not of the receipt: ${error.message}`);
    throw error;
  }
}

/** The id of a file's content, which is computed once: a large module takes seconds. */
function idOf(file) {
  if (!ids.has(file)) {
    ids.set(file, blobId(pieces(file)));
  }
  return ids.get(file);
}

/** A file piece by piece: a module may be too large to have in memory twice. */
async function* pieces(file) {
  const size = 1 << 20;
  for (let start = 0; start < file.size; start += size) {
    yield new Uint8Array(await file.slice(start, start + size).arrayBuffer());
  }
}

async function takeFile(file) {
  if (file.size > BYTES_MAX) {
    refuse(`${file.name} has ${number(file.size)} bytes; a receipt has at most ${number(BYTES_MAX)}.`);
    return;
  }
  try {
    given = new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    refuse(`${file.name} cannot be read: ${error.message}`);
    return;
  }
  byId('text').value = '';
  await check();
}

function takeText() {
  const text = byId('text').value;
  given = text.trim() === '' ? undefined : new TextEncoder().encode(text);
  byId('file').value = '';
  return check();
}

/** `#` and the file in base64url, which nothing sends: a fragment stays in the browser. */
function takeFragment() {
  const text = location.hash.slice(1);
  if (text === '') {
    return;
  }
  try {
    if (!/^[A-Za-z0-9_-]+$/.test(text)) {
      throw new Error('it has other characters than A to Z, a to z, 0 to 9, - and _');
    }
    given = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0));
  } catch (error) {
    refuse(`What stands behind # in the address is no file in base64url: ${error.message}.`);
    return;
  }
  byId('text').value = '';
  byId('file').value = '';
  check();
}

byId('file').addEventListener('change', () => byId('file').files.length > 0 && takeFile(byId('file').files[0]));
byId('text').addEventListener('input', takeText);
byId('market').addEventListener('input', check);
for (const name of evidenceFiles) {
  byId(name).addEventListener('change', check);
}
byId('given').addEventListener('submit', async event => {
  event.preventDefault();
  if (given === undefined) {
    hide();
    say('There is no receipt yet: choose its file, drop it here, or paste its text.', 'broken');
  } else {
    await check();
  }
  if (trustedMarket() === null) {
    byId('market').closest('details').open = true;
    byId('market').focus();
  } else {
    byId('verdict').focus();
  }
});
// On the whole page: a file that misses the box would otherwise be opened in its place.
for (const type of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(type, event => {
    event.preventDefault();
    document.body.classList.toggle('over', type === 'dragover');
    if (type === 'drop' && event.dataTransfer.files.length > 0) {
      byId('file').value = '';
      takeFile(event.dataTransfer.files[0]);
    }
  });
}
addEventListener('hashchange', takeFragment);
takeFragment();
