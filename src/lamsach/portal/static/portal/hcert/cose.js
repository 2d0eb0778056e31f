// COSE_Sign1 (RFC 9052) with the two algorithms of health certificates, checked by WebCrypto.
// Must not know what is inside the payload nor whom to trust.

import { join } from './bytes.js';
import { CborError, CborMap, Tag, read } from './cbor.js';

export const ES256 = -7;
export const PS256 = -37;

const LABEL_ALGORITHM = 1;
const LABEL_KID = 4;
const TAG_SIGN1 = 18;
const TAG_CWT = 61;
const PARAMETERS = new Map([
  [ES256, { name: 'ECDSA', hash: 'SHA-256' }],
  [PS256, { name: 'RSA-PSS', saltLength: 32 }],
]);
const CONTEXT = new TextEncoder().encode('Signature1');

/** Read COSE_Sign1: bare, under tag 18, under tag 61 or under both; throws CborError. */
export function readSign1(bytes) {
  let value = read(bytes);
  if (value instanceof Tag && value.number === TAG_CWT) value = value.value;
  if (value instanceof Tag && value.number === TAG_SIGN1) value = value.value;
  if (!Array.isArray(value) || value.length !== 4) throw new CborError('not an array of four');
  const [protectedBytes, unprotectedHeader, payload, signature] = value;
  const strings = [protectedBytes, payload, signature].every((part) => part instanceof Uint8Array);
  if (!strings || !(unprotectedHeader instanceof CborMap)) {
    throw new CborError('a part of another type');
  }
  const protectedHeader = protectedBytes.length ? read(protectedBytes) : new CborMap();
  if (!(protectedHeader instanceof CborMap)) throw new CborError('the protected header is no map');
  // The protected header wins (hcert_spec 3.3.2).
  const header = (label) => protectedHeader.get(label) ?? unprotectedHeader.get(label);
  const kid = header(LABEL_KID);
  return {
    kid: kid instanceof Uint8Array ? kid : null,
    algorithm: header(LABEL_ALGORITHM),
    payload,
    signature,
    signed: join(
      Uint8Array.of(0x84, 0x60 | CONTEXT.length),
      CONTEXT,
      string(protectedBytes),
      string(new Uint8Array()),
      string(payload),
    ),
  };
}

/** A byte string with its head. */
function string(bytes) {
  const size = bytes.length;
  if (size < 0x18) return join(Uint8Array.of(0x40 | size), bytes);
  if (size < 0x100) return join(Uint8Array.of(0x58, size), bytes);
  if (size < 0x10000) return join(Uint8Array.of(0x59, size >> 8, size & 0xff), bytes);
  const head = new Uint8Array(5);
  head[0] = 0x5a;
  new DataView(head.buffer).setUint32(1, size);
  return join(head, bytes);
}

/** Whether the message's signature is this key's. */
export async function isSignedBy(message, key) {
  const { algorithm, cryptoKey } = key;
  const parameters = PARAMETERS.get(algorithm);
  return crypto.subtle.verify(parameters, cryptoKey, message.signature, message.signed);
}
