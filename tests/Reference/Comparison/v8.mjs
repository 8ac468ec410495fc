// Runs generated modules on the JavaScript engine that runs this file. A line of JSON in for each module, a line out.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

const mask = (1n << 64n) - 1n;
const view = new DataView(new ArrayBuffer(8));

function bits64(value) {
  if (Number.isNaN(value)) return 0x7ff8000000000000n;
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

function text(type, value) {
  switch (type) {
    case 'i32': return (value >>> 0).toString(16);
    case 'i64': return BigInt.asUintN(64, value).toString(16);
    case 'f32':
      if (Number.isNaN(value)) return 'nan';
      view.setFloat32(0, value);
      return view.getUint32(0).toString(16);
    case 'f64': return Number.isNaN(value) ? 'nan' : bits64(value).toString(16);
    case 'funcref': return value === null ? 'null' : 'function';
    default: return value === null ? 'null' : value;
  }
}

function argument([type, value]) {
  switch (type) {
    case 'i32': return Number.parseInt(value, 16) | 0;
    case 'i64': return BigInt.asIntN(64, BigInt('0x' + value));
    case 'f32':
      view.setUint32(0, Number.parseInt(value, 16));
      return view.getFloat32(0);
    case 'f64':
      view.setBigUint64(0, BigInt('0x' + value));
      return view.getFloat64(0);
    default: return value === 'null' ? null : value;
  }
}

// A start function has called a host function that wants the instance's exports: JavaScript has no instance before start has returned.
class NoExportsYet extends Error {}

function begin(module) {
  const state = { trace: 0xcbf29ce484222325n, instance: null };
  const record = (kind, value) => {
    state.trace = ((state.trace ^ kind) * 0x100000001b3n) & mask;
    state.trace = ((state.trace ^ value) * 0x100000001b3n) & mask;
    state.trace ^= state.trace >> 29n;
  };
  const host = {
    note(value) { record(1n, BigInt(value >>> 0)); return (Math.imul(value, 31) + 7) | 0; },
    mix(long, float) {
      record(2n, BigInt.asUintN(64, long));
      record(3n, bits64(float));
      return [long ^ 0x5555555555555555n, Number(BigInt.asIntN(32, long >> 7n))];
    },
    charge(value) { record(4n, BigInt(value >>> 0)); },
    again() {
      record(5n, 0n);
      if (state.instance === null) throw new NoExportsYet();
      state.instance.exports.again();
    },
  };
  state.instance = new WebAssembly.Instance(module, { host });
  return state;
}

function ending(state, call, types, run) {
  let end = 'ok';
  let results = '';
  try {
    const returned = run();
    const list = types.length === 0 ? [] : types.length === 1 ? [returned] : returned;
    results = list.map((value, i) => text(types[i], value)).join(' ');
  } catch (error) {
    if (error instanceof NoExportsYet) throw error;
    end = `${error.name}: ${error.message}`;
  }
  const memory = state?.instance?.exports.memory;
  const hash = memory ? createHash('sha256').update(new Uint8Array(memory.buffer)).digest('hex') : '';
  return { call, end, results, memory: hash, trace: state ? state.trace.toString(16) : '' };
}

// Nothing to compare where the instance cannot be made here.
function session(module, calls) {
  try {
    return outcomesOf(module, calls);
  } catch (error) {
    if (error instanceof NoExportsYet) return [];
    throw error;
  }
}

function outcomesOf(module, calls) {
  let state = null;
  const outcomes = [ending(null, 'start', [], () => { state = begin(module); })];
  outcomes[0] = state ? ending(state, 'start', [], () => {}) : outcomes[0];
  for (const { name, arguments: list, results } of calls) {
    outcomes.push(ending(state, name, results, () => state.instance.exports[name](...list.map(argument))));
  }
  return outcomes;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { wasm, sessions } = JSON.parse(line);
  let reply;
  try {
    const module = new WebAssembly.Module(Buffer.from(wasm, 'base64'));
    reply = { sessions: sessions.map(calls => session(module, calls)) };
  } catch (error) {
    reply = { refused: `${error.name}: ${error.message}` };
  }
  process.stdout.write(JSON.stringify(reply) + '\n');
}
