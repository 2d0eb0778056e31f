// The two lists that a verdict rests on, as the site publishes them: whom to trust, what is revoked;
// and the statement over them: their digests, when they were made, until when they may be used.
// All three are kept on the device as one, so that what is kept always fits together.

import { toHex } from '../hcert/bytes.js';
import { Revocations, readTime } from '../hcert/revocations.js';
import { TrustList } from '../hcert/trust.js';

const STORE = 'verify-lists';
const KEPT = '/verify/kept-lists'; // a name in the store, at which no site answers
const PATIENCE = 8000; // milliseconds for the site
const SLOW_CLOCK = 600; // seconds by which a device's clock may be slow before it is called wrong

/** The lists {trust, revocations, issued, validUntil} from the site, kept then; null without. */
export async function fetchLists(addresses) {
  // The site may make new lists between one fetch and the next: once more, then.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const texts = await fetchTexts(addresses);
      const lists = await read(texts, addresses);
      await keep(texts);
      return lists;
    } catch {
      // Nothing, or nothing that fits together.
    }
  }
  return null;
}

/** The lists that were kept; null if there are none. */
export async function keptLists(addresses) {
  try {
    const store = await caches.open(STORE);
    const kept = await store.match(KEPT);
    return await read(await kept.json(), addresses);
  } catch {
    return null;
  }
}

async function keep(texts) {
  if (!globalThis.caches) return;
  const store = await caches.open(STORE);
  await store.put(KEPT, new Response(JSON.stringify(texts)));
}

async function fetchTexts(addresses) {
  const signal = AbortSignal.timeout(PATIENCE);
  const one = async (address) => {
    const response = await fetch(address, { cache: 'no-cache', signal });
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return response.text();
  };
  const [statement, trust, revocations] = await Promise.all([
    one(addresses.statement),
    one(addresses.trust),
    one(addresses.revocations),
  ]);
  return { statement, trust, revocations };
}

async function read(texts, addresses) {
  const statement = JSON.parse(texts.statement);
  for (const name of ['trust', 'revocations']) {
    const bytes = new TextEncoder().encode(texts[name]);
    const digest = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
    const file = addresses[name].split('/').at(-1);
    if (statement.lists[file] !== digest) throw new Error(`${file}: not what was stated`);
  }
  return {
    trust: await TrustList.read(JSON.parse(texts.trust)),
    revocations: Revocations.read(JSON.parse(texts.revocations)),
    issued: readTime(statement.made_at),
    validUntil: readTime(statement.valid_until),
  };
}

/** Why nothing valid can be concluded from the lists at a time (seconds); null if it can. */
export function obstacle(lists, at) {
  if (lists === null) return 'LISTS_ABSENT';
  if (at < lists.issued - SLOW_CLOCK) return 'CLOCK_WRONG';
  return at >= lists.validUntil ? 'LISTS_OLD' : null;
}
