// The two lists that a verdict rests on, as the site publishes them: whom to trust, what is revoked.
// Each says when it was issued and until when it may be used.

import { Revocations, readTime } from '../hcert/revocations.js';
import { TrustList } from '../hcert/trust.js';

const PATIENCE = 600; // seconds by which a device's clock may be slow before it is called wrong

/** Fetch and read both; what cannot be had is null. */
export async function fetchLists(addresses) {
  const [trust, revocations] = await Promise.all([
    published(addresses.trust, async ({ keys }) => TrustList.read(keys)),
    published(addresses.revocations, async ({ batches }) => Revocations.read(batches)),
  ]);
  return { trust, revocations };
}

async function published(address, read) {
  try {
    const response = await fetch(address);
    if (!response.ok) return null;
    const document = await response.json();
    const [issued, validUntil] = [document.issued, document.valid_until].map(readTime);
    return { list: await read(document), issued, validUntil };
  } catch {
    return null;
  }
}

/** Of two readings of the lists the newer of each. */
export function newer(known, fetched) {
  const choose = (one, other) => (one && (!other || one.issued > other.issued) ? one : other);
  return {
    trust: choose(known.trust, fetched.trust),
    revocations: choose(known.revocations, fetched.revocations),
  };
}

/** Why nothing valid can be concluded from the lists at a time (seconds); null if it can. */
export function obstacle({ trust, revocations }, at) {
  if (!trust || !revocations) return 'LISTS_ABSENT';
  if (at < Math.max(trust.issued, revocations.issued) - PATIENCE) return 'CLOCK_WRONG';
  return at >= Math.min(trust.validUntil, revocations.validUntil) ? 'LISTS_OLD' : null;
}
