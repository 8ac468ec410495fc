// node judge.mjs VERIFY.MJS SCRIPT.MJS REQUESTS: answers each line of the file REQUESTS, one JSON object, with one line:
//   { receipt: PATH, evidence }          what the page's module says of a receipt, beside the evidence
//   { content: PATH }                    the id that it gives a file
//   { key, message, signature }          whether page and script take a signature, all hexadecimal
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [page, script, requests] = process.argv.splice(2);
// Of the script only its rule for signatures is asked for.
const [{ blobId, verify }, { isSigned: byPage }, { isSigned: byScript }] = await Promise.all([
  import(pathToFileURL(page)),
  import(new URL('ed25519.mjs', pathToFileURL(page))),
  import(new URL('signatures.mjs', pathToFileURL(script))),
]);
const bytesOf = digits => Uint8Array.from(Buffer.from(digits, 'hex'));
// What there is no evidence of comes as null.
const given = evidence => Object.fromEntries(Object.entries(evidence).filter(([, value]) => value !== null));
const outcome = act => {
  try {
    return act();
  } catch {
    return false;
  }
};

for (const line of readFileSync(requests, 'utf8').split('\n').filter(line => line !== '')) {
  const asked = JSON.parse(line);
  if (asked.receipt) {
    const { holds, checks, file } = verify(readFileSync(asked.receipt), given(asked.evidence));
    console.log(JSON.stringify({ holds, isReceipt: file !== undefined, checks }));
  } else if (asked.content) {
    console.log(JSON.stringify({ id: await blobId([readFileSync(asked.content)]) }));
  } else {
    const [key, message, signature] = [asked.key, asked.message, asked.signature].map(bytesOf);
    const page = byPage(key, message, signature);
    const script = outcome(() => byScript(message, signature, key));
    console.log(JSON.stringify({ page, script }));
  }
}
