// Runs the verifier of the page under Node: a JSON line {text, at, keys, batches} in, its verdict out;
// with {lists} instead, in the form that the site publishes, the page's answer.
import { createInterface } from 'node:readline';
import { webcrypto } from 'node:crypto';
import { TrustList } from './hcert/trust.mjs';
import { Revocations } from './hcert/revocations.mjs';
import { verify } from './hcert/verify.mjs';
import { answerTo } from './verify/answer.mjs';
import { fetchLists } from './verify/lists.mjs';

globalThis.crypto ??= webcrypto;
let known = { name: null };

async function judged({ text, at, keys, batches }) {
  const name = JSON.stringify(keys);
  if (known.name !== name) known = { name, trust: await TrustList.read(keys) };
  const revocations = batches && Revocations.read(batches);
  const { code, body, key } = await verify(text, known.trust, { at, revocations });
  return { code, shown: body !== null, signer: key?.country ?? null };
}

const ADDRESSES = {
  statement: '/passports/lists.json',
  trust: '/passports/trust-list.json',
  revocations: '/passports/revocations.json',
};

async function answered({ text, at, lists }) {
  globalThis.fetch = async (address) => {
    const found = lists[address.split('/').at(-1)] ?? null;
    return { ok: found !== null, status: 404, text: async () => found };
  };
  return answerTo(text, await fetchLists(ADDRESSES), at);
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const answer = await (asked.lists ? answered(asked) : judged(asked));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
