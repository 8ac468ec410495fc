// The form of a receipt file (RECEIPT.md, "The file") and the hashes of its parts ("Hashes"). Both follow from the types below: each
// knows how it is read and which word of 32 bytes stands for it in the hash of a struct.
//
// The reader takes no other text of the same receipt: it expects each character, so it does without JSON.parse, which forgives
// doubled members, needless escapes and another order.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** No receipt is longer: RECEIPT.md, "The file". */
export const BYTES_MAX = 1_048_576;

const WORD_DIGITS = 64;
const SIGNATURE_DIGITS = 128;
const BLS_KEY_DIGITS = 96;
const BLS_SIGNATURE_DIGITS = 192;
const CONTRACT_DIGITS = 40;

/** What was given is no receipt; the message says where, what was seen and what is allowed. */
export class FormError extends Error {}

/** Keccak-256 of parts, one after the other. They are a list: a receipt may have more of them than a call may have arguments. */
const keccak = parts => parts.reduce((hash, part) => hash.update(part), keccak_256.create()).digest();

const wordOf = number => hexToBytes(BigInt.asUintN(256, number).toString(16).padStart(WORD_DIGITS, '0'));

class Reader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  /** White space, as JSON has it (RFC 8259, 2). */
  space() {
    while (this.#at < this.#text.length && ' \t\r\n'.includes(this.#text[this.#at])) {
      this.#at++;
    }
  }

  /** Reads the character, and white space before it, if it is the next one. */
  takes(character) {
    this.space();
    const is = this.#text[this.#at] === character;
    this.#at += is ? 1 : 0;
    return is;
  }

  expect(character) {
    if (!this.takes(character)) {
      this.refuse(`expected is '${character}'`);
    }
  }

  /** A string, escaped as RFC 8785, 3.2.2.2 says and no further. */
  string() {
    this.expect('"');
    const start = this.#at - 1;
    for (; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#at >= this.#text.length || this.#text[this.#at] < ' ') {
        this.refuse('expected is the end of a text');
      }
      this.#at += this.#text[this.#at] === '\\' ? 1 : 0;
    }
    const raw = this.#text.slice(start, ++this.#at);
    let value;
    try {
      value = JSON.parse(raw);
    } catch {
      this.refuse('expected is a text of JSON', start);
    }
    // Halves of surrogate pairs have no UTF-8: an escape could name one.
    if (JSON.stringify(value) !== raw || !value.isWellFormed()) {
      this.refuse('this text has another form than JSON.stringify gives it', start);
    }
    return value;
  }

  /** A string of some pattern. */
  form(pattern, what) {
    this.space();
    const start = this.#at;
    const value = this.string();
    return pattern.test(value) ? value : this.refuse(`expected is ${what}`, start);
  }

  name(expected) {
    this.space();
    const start = this.#at;
    if (this.string() !== expected) {
      this.refuse(`expected is the member "${expected}"`, start);
    }
    this.expect(':');
  }

  end() {
    this.space();
    if (this.#at < this.#text.length) {
      this.refuse('expected is the end of the file');
    }
  }

  refuse(expected, at = this.#at) {
    const shown = 40;
    const seen = at < this.#text.length ? `${JSON.stringify(this.#text.slice(at, at + shown))} was seen` : 'the file ends';
    throw new FormError(`At character ${at + 1}, ${seen}; ${expected}.`);
  }
}

/** 32 bytes, behind the letters of the kind of id that it is. */
const bytes32 = (letters = '') => ({
  type: 'bytes32',
  read: reader => reader.form(new RegExp(`^${letters}[0-9a-f]{${WORD_DIGITS}}$`), `"${letters}" and 64 digits from 0 to 9 and a to f`),
  word: value => hexToBytes(value.slice(letters.length)),
});

/** So many hexadecimal digits, which stand in the hash of a struct as the hash of their bytes. */
const digits = count => ({
  type: 'bytes',
  read: reader => reader.form(new RegExp(`^[0-9a-f]{${count}}$`), `${count} digits from 0 to 9 and a to f`),
  word: value => keccak([hexToBytes(value)]),
});

const integer = (type, least, most) => ({
  type,
  read(reader) {
    const number = BigInt(reader.form(/^(0|-?[1-9][0-9]{0,77})$/, 'a text of decimal digits without leading zeros'));
    return number >= least && number <= most ? number : reader.refuse(`the number before it is none from ${least} to ${most}`);
  },
  word: wordOf,
});
const uint = bits => integer(`uint${bits}`, 0n, (1n << BigInt(bits)) - 1n);

const text = { type: 'string', read: reader => reader.string(), word: value => keccak([utf8ToBytes(value)]) };

const list = item => ({
  type: `${item.type}[]`,
  item,
  read(reader) {
    const items = [];
    reader.expect('[');
    for (let isFirst = true; !reader.takes(']'); isFirst = false) {
      if (!isFirst) {
        reader.expect(',');
      }
      items.push(item.read(reader));
    }
    return items;
  },
  word: items => keccak(items.map(item.word)),
});

/**
 * Members by name, in the order that both the file and the hash have. The hash of each value is computed once: a receipt may have
 * hundreds of thousands of texts, and several checks ask for its hash. Nothing changes a value after it was read.
 */
function struct(type, members) {
  const hashes = new WeakMap();
  return {
    type,
    members,
    read: reader => readMembers(reader, members),
    word(value) {
      if (!hashes.has(value)) {
        hashes.set(value, structHash(type, members, value));
      }
      return hashes.get(value);
    },
  };
}

function readMembers(reader, members) {
  const value = {};
  reader.expect('{');
  for (const [index, [name, type]] of Object.entries(members).entries()) {
    if (index > 0) {
      reader.expect(',');
    }
    reader.name(name);
    value[name] = type.read(reader);
  }
  reader.expect('}');
  return value;
}

function structHash(type, members, value) {
  const words = Object.entries(members).map(([name, member]) => member.word(value[name]));
  return keccak([keccak([utf8ToBytes(encodeType(type, members))]), ...words]);
}

/** The type's line, and behind it those of the types that it uses, by name: https://eips.ethereum.org/EIPS/eip-712, "encodeType". */
function encodeType(type, members) {
  const lines = new Map();
  collect(type, members);
  const [first, ...others] = lines.keys();
  return [first, ...others.sort()].map(name => lines.get(name)).join('');

  function collect(name, its) {
    lines.set(name, `${name}(${Object.entries(its).map(([member, of]) => `${of.type} ${member}`)})`);
    for (const used of Object.values(its).map(of => of.item ?? of).filter(of => of.members && !lines.has(of.type))) {
      collect(used.type, used.members);
    }
  }
}

const NamedContent = struct('File', { name: text, content: bytes32('blob') });
const NamedValue = struct('Variable', { name: text, value: text });
const Seat = struct('Seat', { worker: bytes32(), unitPrice: uint(128) });
const Share = struct('Share', { account: bytes32(), amount: uint(128) });

export const Invocation = struct('Invocation', {
  job: bytes32(),
  program: bytes32('prog'),
  module: bytes32('blob'),
  entryPoint: text,
  arguments: list(text),
  environment: list(NamedValue),
  input: bytes32('blob'),
  files: list(NamedContent),
  clock: uint(64),
  fuelLimit: uint(64),
  memoryPages: uint(32),
  timeLimit: uint(64),
});

export const Result = struct('Result', {
  profile: bytes32(),
  outcome: text,
  exitCode: integer('int32', -(1n << 31n), (1n << 31n) - 1n),
  fuel: uint(64),
  output: bytes32('blob'),
  outputFiles: list(NamedContent),
  stateBefore: bytes32(),
  stateAfter: bytes32(),
  writes: bytes32(),
});

export const Execution = struct('Execution', { invocation: Invocation, result: Result });

export const Receipt = struct('Receipt', {
  execution: Execution,
  payer: bytes32(),
  seats: list(Seat),
  assurance: text,
  state: text,
  fault: text,
  priceLimit: uint(128),
  price: uint(128),
  shares: list(Share),
  epoch: uint(64),
  endedAt: uint(64),
});

/** A hash that was computed, not read. */
const hash = { type: 'bytes32', word: bytes => bytes };
const Reuse = struct('Reuse', { receipt: Receipt, earlier: hash, percent: uint(16) });
const Executions = struct('Executions', { root: hash });
const Receipts = struct('Receipts', { epoch: uint(64), root: hash });
const Member = struct('Member', {
  worker: bytes32(),
  blsKey: digits(BLS_KEY_DIGITS),
  possession: digits(BLS_SIGNATURE_DIGITS),
  registration: digits(SIGNATURE_DIGITS),
  weight: uint(128),
});
const Registration = struct('Registration', { worker: bytes32(), blsKey: digits(BLS_KEY_DIGITS) });
const Committee = struct('Committee', { epoch: uint(64), members: list(Member) });
const CommitteeReceipts = struct('CommitteeReceipts', { committee: Committee, root: hash });

const contract = {
  type: 'address',
  read: reader => reader.form(new RegExp(`^0x[0-9a-f]{${CONTRACT_DIGITS}}$`), '"0x" and 40 digits from 0 to 9 and a to f'),
  word: value => hexToBytes(value.slice(2).padStart(WORD_DIGITS, '0')),
};

/** The domain as the file has it; its hash has other members in another order. */
const DOMAIN = { market: bytes32(), chainId: uint(64), contract };
const HASHED_DOMAIN = {
  name: text,
  version: text,
  chainId: { ...uint(64), type: 'uint256' },
  verifyingContract: contract,
  salt: bytes32(),
};

const signature = digits(SIGNATURE_DIGITS);

const step = {
  read(reader) {
    reader.expect('{');
    const side = reader.form(/^(left|right)$/, '"left" or "right"');
    reader.expect(':');
    const neighbour = bytes32().read(reader);
    reader.expect('}');
    return { side, neighbour };
  },
};

const WORKER_SIGNATURE = { path: list(step), signature };
const CERTIFICATE = {
  members: list(Member),
  membersSignature: signature,
  path: list(step),
  signers: uint(64),
  signature: digits(BLS_SIGNATURE_DIGITS),
};

/**
 * Reads the bytes of a .receipt.json. Numbers become BigInt, all else stays the text that it is in the file.
 * @throws {FormError} It has another form.
 */
export function parse(bytes) {
  if (bytes.length > BYTES_MAX) {
    throw new FormError(`It has ${bytes.length} bytes; a receipt has at most ${BYTES_MAX}.`);
  }
  let source;
  try {
    source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormError('It is no text in UTF-8.');
  }
  const reader = new Reader(source);
  const file = readFile(reader, /^(certificate|reuse|marketSignature)$/);
  reader.end();
  return file;
}

/** @param after What may stand behind the workers' signatures: an earlier receipt within another has no reuse. */
function readFile(reader, after) {
  const file = {};
  reader.expect('{');
  reader.name('format');
  file.format = reader.form(/^marketplace receipt 1$/, '"marketplace receipt 1"');
  reader.expect(',');
  reader.name('domain');
  file.domain = readMembers(reader, DOMAIN);
  reader.expect(',');
  reader.name('receipt');
  file.receipt = Receipt.read(reader);
  reader.expect(',');
  reader.name('workerSignatures');
  file.workerSignatures = list({ read: its => readMembers(its, WORKER_SIGNATURE) }).read(reader);
  reader.expect(',');
  const nextOf = form => {
    const next = reader.form(form, 'the next member of a receipt, at last "marketSignature"');
    reader.expect(':');
    return next;
  };
  let next = nextOf(after);
  if (next === 'certificate') {
    file.certificate = readMembers(reader, CERTIFICATE);
    reader.expect(',');
    next = nextOf(after.test('reuse') ? /^(reuse|marketSignature)$/ : /^marketSignature$/);
  }
  if (next === 'reuse') {
    const earlier = { read: its => readFile(its, /^(certificate|marketSignature)$/) };
    file.reuse = readMembers(reader, { percent: uint(16), earlier });
    reader.expect(',');
    nextOf(/^marketSignature$/);
  }
  file.marketSignature = signature.read(reader);
  reader.expect('}');
  return file;
}

/** The hash that a market signs of a file: that of its receipt, or of its reuse where it has one. */
export const fileWord = ({ receipt, reuse }) =>
  reuse
    ? Reuse.word({ receipt, earlier: Receipt.word(reuse.earlier.receipt), percent: reuse.percent })
    : Receipt.word(receipt);

/** What a market signs for one receipt of an epoch. */
export const receiptsDigest = (domain, epoch, root) => digest(domain, Receipts, { epoch, root });

/** What a worker signs for a batch with this root. */
export const executionsDigest = (domain, root) => digest(domain, Executions, { root });

/** What a market signs about the members of a committee. */
export const committeeDigest = (domain, epoch, members) => digest(domain, Committee, { epoch, members });

/** What a worker signs about its BLS key. */
export const registrationDigest = (domain, worker, blsKey) => digest(domain, Registration, { worker, blsKey });

/** What members of a committee sign for receipts with this root. */
export const committeeReceiptsDigest = (domain, epoch, members, root) =>
  digest(domain, CommitteeReceipts, { committee: { epoch, members }, root });

/** The root to which a path leads (RECEIPT.md, "Batches"); hashes are hexadecimal. */
export function rootOf(leaf, path) {
  const node = Uint8Array.of(1);
  return path.reduce((root, { side, neighbour: digits }) => {
    const neighbour = hexToBytes(digits);
    return keccak(side === 'left' ? [node, neighbour, root] : [node, root, neighbour]);
  }, leaf);
}

function digest({ market, chainId, contract: verifyingContract }, type, value) {
  const domain = { name: 'Marketplace', version: '1', chainId, verifyingContract, salt: market };
  return keccak([Uint8Array.of(0x19, 0x01), structHash('EIP712Domain', HASHED_DOMAIN, domain), type.word(value)]);
}
