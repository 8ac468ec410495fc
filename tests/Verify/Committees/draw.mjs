// node draw.mjs FILE: draws the committees of epochs by receipts/COMMITTEE.md, from which it was written alone. Each line of the file is
// { market, epoch, members: [{ worker, blsKey, possession, registration, weight }], shares, size }, where a share that was withheld is
// empty; each line of the answer is { randomness, committee }, with the members' places in the list.
import { readFileSync } from 'node:fs';
import { keccak_256 } from '@noble/hashes/sha3.js';

const H = (...parts) => parts.reduce((hash, part) => hash.update(part), keccak_256.create()).digest();
const text = value => H(new TextEncoder().encode(value));
const hex = digits => Uint8Array.from(Buffer.from(digits, 'hex'));
const word = number => hex(BigInt(number).toString(16).padStart(64, '0'));
const numberOf = bytes => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

const MEMBER = 'Member(bytes32 worker,bytes blsKey,bytes possession,bytes registration,uint128 weight)';
const ELIGIBLE = `Eligible(uint64 epoch,Member[] members)${MEMBER}`;
const RANDOMNESS = `Randomness(Eligible eligible,bytes[] shares)${ELIGIBLE}`;
const DRAW = 'Draw(bytes32 randomness,string purpose,bytes32 subject)';
const DOMAIN = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)';

for (const line of readFileSync(process.argv[2], 'utf8').split('\n').filter(line => line !== '')) {
  const { market, epoch, members, shares, size } = JSON.parse(line);
  const bytes = m => [m.blsKey, m.possession, m.registration].map(digits => H(hex(digits)));
  const list = H(...members.map(m => H(text(MEMBER), hex(m.worker), ...bytes(m), word(m.weight))));
  const eligible = H(text(ELIGIBLE), word(epoch), list);
  const domain = H(text(DOMAIN), text('Marketplace'), text('1'), word(0), word(0), hex(market));
  const mixed = H(text(RANDOMNESS), eligible, H(...shares.map(share => H(hex(share)))));
  const randomness = H(hex('1901'), domain, mixed);
  const seed = H(text(DRAW), randomness, text('committee'), word(0));

  let left = [...members.keys()].filter(place => shares[place] !== '');
  const committee = [];
  while (committee.length < size && left.length > 0) {
    const total = left.reduce((sum, place) => sum + BigInt(members[place].weight), 0n);
    const target = numberOf(H(seed, word(committee.length))) % total;
    let sum = 0n;
    const drawn = left.find(place => (sum += BigInt(members[place].weight)) > target);
    committee.push(drawn);
    left = left.filter(place => place !== drawn);
  }
  console.log(JSON.stringify({ randomness: Buffer.from(randomness).toString('hex'), committee }));
}
