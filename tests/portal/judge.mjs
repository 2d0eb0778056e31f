// Runs the verifier of the page under Node: a JSON line {text, at, keys, batches} in, its code out.
import { createInterface } from 'node:readline';
import { webcrypto } from 'node:crypto';
import { TrustList } from './hcert/trust.mjs';
import { Revocations } from './hcert/revocations.mjs';
import { verify } from './hcert/verify.mjs';

globalThis.crypto ??= webcrypto;
let known = { name: null };
for await (const line of createInterface({ input: process.stdin })) {
  const { text, at, keys, batches } = JSON.parse(line);
  const name = JSON.stringify(keys);
  if (known.name !== name) known = { name, trust: await TrustList.read(keys) };
  const revocations = batches && Revocations.read(batches);
  const { code, body, key } = await verify(text, known.trust, { at, revocations });
  const shown = { code, shown: body !== null, signer: key?.country ?? null };
  process.stdout.write(`${JSON.stringify(shown)}\n`);
}
