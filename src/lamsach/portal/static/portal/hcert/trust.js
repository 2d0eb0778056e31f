// The trust list: signers by key identifier, from {kid: certificate or certificates in base64}. One
// certificate that cannot be read is trusted by nobody and closes no door to the others.

import { fromBase64, fromHex, toHex } from './bytes.js';
import { readCertificate } from './certificate.js';

/** Signers by key identifier. */
export class TrustList {
  #byKid = new Map();
  #kids = new Map();

  /** Read {kid: base64 DER, or a list of them}; the kid in base64 or hex. */
  static async read(keys) {
    const list = new TrustList();
    for (const [name, value] of Object.entries(keys)) {
      for (const text of [value].flat()) {
        const der = typeof text === 'string' ? fromBase64(text.replace(/\s/g, '')) : null;
        const key = der && (await readCertificate(der).catch(() => null));
        // Sixteen hex digits are base64 as well: both readings count, of different lengths.
        if (key) [fromHex(name), fromBase64(name)].filter(Boolean).forEach((kid) => list.#add(kid, key));
      }
    }
    return list;
  }

  #add(kid, key) {
    const name = toHex(kid);
    this.#byKid.set(name, [...this.find(kid), key]);
    this.#kids.set(key.identity, (this.#kids.get(key.identity) ?? new Set()).add(name));
  }

  /** How many identifiers there are. */
  get size() {
    return this.#byKid.size;
  }

  /** The signers with this identifier: none, one, or several (8 bytes can collide). */
  find(kid) {
    return this.#byKid.get(toHex(kid)) ?? [];
  }

  /**
   * Every identifier, in hex, under which the list holds this public key: one in the unprotected
   * header can be exchanged, and nobody must escape a revocation by it.
   */
  kidsOf(key) {
    return this.#kids.get(key.identity);
  }
}
