// The revocation list: batches of hashes in the EU gateway's form, as `lamsach.hcert.revocation`
// reads them. A list with one wrong batch is no list: a hash overlooked would be a hole.

import { fromBase64, fromHex, toHex } from './bytes.js';
import { ES256 } from './cose.js';

const KINDS = ['SIGNATURE', 'UCI', 'COUNTRYCODEUCI'];
const HASH_BYTES = 16;
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Seconds since 1970 of an ISO 8601 time, in UTC without an offset; throws. */
export function readTime(value) {
  const found = typeof value === 'string' ? TIME.exec(value) : null;
  const local = found && value.includes('T') && !found[1];
  const moment = found ? Date.parse(local ? `${value}Z` : value) : NaN;
  if (Number.isNaN(moment)) throw new Error('no time such as 2022-11-01T00:00:00Z');
  return moment / 1000;
}

/** What is revoked, until when, by which key. */
export class Revocations {
  #entries = new Map(KINDS.map((kind) => [kind, new Map()]));

  /** Read an array of batches; throws when one cannot be used. */
  static read(batches) {
    const list = new Revocations();
    if (!Array.isArray(batches)) throw new Error('no array of batches');
    batches.forEach((batch) => list.#add(batch));
    return list;
  }

  #add({ kid, hashType, expires, entries }) {
    const hashes = this.#entries.get(hashType);
    if (!hashes || !Array.isArray(entries)) throw new Error('no batch that can be read');
    const known = { kid: readKid(kid), expires: readTime(expires) };
    for (const { hash } of entries) {
      const bytes = typeof hash === 'string' ? fromBase64(hash) : null;
      // Some senders forget to cut the hash; its first 128 bits are what counts.
      if (bytes?.length !== HASH_BYTES && bytes?.length !== 32) throw new Error('no hash');
      const name = toHex(bytes.subarray(0, HASH_BYTES));
      hashes.set(name, [...(hashes.get(name) ?? []), known]);
    }
  }

  /**
   * Whether a certificate is revoked at a time (seconds): by its signature, or by its identifier,
   * alone or after one of these countries; `kids` are those of its key, in hex.
   */
  async isRevoked({ kids, countries, signature, algorithm, uci, at }) {
    // Of ECDSA only r: s has a second form that verifies too.
    const signed = algorithm === ES256 ? signature.subarray(0, signature.length >> 1) : signature;
    const named = [['SIGNATURE', signed], ...(uci ? identified(uci, countries) : [])];
    for (const [kind, data] of named) {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
      const found = this.#entries.get(kind).get(toHex(digest.subarray(0, HASH_BYTES))) ?? [];
      const counts = ({ kid, expires }) => (kid === null || kids.has(kid)) && at < expires;
      if (found.some(counts)) return true;
    }
    return false;
  }
}

function identified(uci, countries) {
  const bytes = (text) => new TextEncoder().encode(text);
  return [
    ['UCI', bytes(uci)],
    ...countries.map((country) => ['COUNTRYCODEUCI', bytes(country + uci)]),
  ];
}

function readKid(text) {
  if (typeof text !== 'string') throw new Error('no key identifier');
  if (text === 'UNKNOWN_KID') return null;
  const kid = /^[0-9A-Fa-f]{16}$/.test(text) ? fromHex(text) : fromBase64(text);
  if (!kid?.length) throw new Error('a key identifier neither in base64 nor in hex');
  return toHex(kid);
}
