// Whether a certificate may be believed: the checks of `lamsach.hcert.verify`, in the same order and
// with the same codes. Prefix, base45, zlib, CBOR and COSE, key identifier, signature, validity of
// the key, usage of the key, times, schema, revocation. tests/portal runs both on the same input.

import { decode } from './base45.js';
import { CborError, CborMap, Float, isInteger, read } from './cbor.js';
import { isSignedBy, readSign1 } from './cose.js';
import * as dcc from './dcc.js';
import { inflate } from './inflate.js';
import { Refused } from './refusal.js';

const PREFIX = 'HC1:';
const MAX_TEXT = 16_384; // characters; a QR code holds 4,296 at most
const MAX_INFLATED = 65_536; // bytes; a certificate has 200 to 1,500
const CLAIM = { issuer: 1, expires: 4, notBefore: 5, issued: 6, hcert: -260 };
// What Python takes for white space; JavaScript's own idea differs by a few.
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const AROUND = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

/**
 * Judge an HC1 text at a time (seconds since 1970): {code, body, key, envelope}. `code` is null for
 * a valid certificate; the others are there once the signature has been verified, so that nothing
 * is shown of a certificate that nobody known signed.
 */
export async function verify(text, trust, { at, revocations = null }) {
  let envelope;
  let signers;
  try {
    envelope = await open(text);
    signers = await signersOf(envelope.message, trust);
  } catch (error) {
    if (error instanceof Refused) return { code: error.code, body: null, key: null, envelope: null };
    throw error;
  }
  const body = envelope.contents.get(dcc.KEY);
  const { key, code: unsuitable } = suitable(signers, body === null ? [] : dcc.kindsOf(body), at);
  let code = unsuitable ?? judge(envelope, body, at);
  if (code === null && revocations !== null) {
    code = await revoked(envelope, body, key, trust, at, revocations);
  }
  return { code, body, key, envelope };
}

async function open(text) {
  const trimmed = text.replace(AROUND, '');
  if (!trimmed.startsWith(PREFIX)) throw new Refused('INVALID_SCHEME_PREFIX');
  const packed = trimmed.length > MAX_TEXT ? null : decode(trimmed.slice(PREFIX.length));
  if (packed === null) throw new Refused('BASE_45_DECODING_FAILED');
  const data = await inflate(packed, MAX_INFLATED);
  if (data === null) throw new Refused('DECOMPRESSION_FAILED');
  try {
    return claimsOf(readSign1(data));
  } catch (error) {
    if (error instanceof CborError) throw new Refused('CBOR_DESERIALIZATION_FAILED');
    throw error;
  }
}

function claimsOf(message) {
  const claims = read(message.payload);
  if (!(claims instanceof CborMap)) throw new CborError('not a map of claims');
  const expires = time(claims.get(CLAIM.expires));
  if (expires === null) throw new CborError('the claim exp is missing');
  const contents = claims.get(CLAIM.hcert);
  if (!(contents instanceof CborMap) || contents.size === 0) {
    throw new CborError('the claim hcert is missing or no map');
  }
  if (!contents.entries().every(([, body]) => body instanceof CborMap)) {
    throw new CborError('the content under the claim hcert is no map');
  }
  const issuer = claims.get(CLAIM.issuer);
  if (issuer !== null && typeof issuer !== 'string') throw new CborError('iss is no text');
  const issued = time(claims.get(CLAIM.issued));
  const notBefore = time(claims.get(CLAIM.notBefore));
  return { message, issuer, issued, notBefore, expires, contents };
}

/** Seconds since 1970, whole or not; null if the claim is missing. */
function time(value) {
  if (value === null || isInteger(value)) return value;
  if (value instanceof Float && Number.isFinite(value.value)) return value.value;
  throw new CborError('a claim is no time');
}

/** The trusted keys that signed the message, at least one: all with the identifier are tried. */
async function signersOf(message, trust) {
  const candidates = message.kid === null ? [] : trust.find(message.kid);
  if (!candidates.length) throw new Refused('KEY_NOT_IN_TRUST_LIST');
  const signers = [];
  for (const key of candidates) {
    const fits = key.algorithm === message.algorithm;
    if (fits && (await isSignedBy(message, key))) signers.push(key);
  }
  if (!signers.length) throw new Refused('SIGNATURE_INVALID');
  return signers;
}

/** The first signer that is valid and may sign this; else the nearest one, and why not. */
function suitable(signers, kinds, at) {
  let wrongUsage = null;
  let wrongTime = null;
  for (const key of signers) {
    if (at < key.starts) wrongTime = { key, code: 'PUBLIC_KEY_NOT_YET_VALID' };
    else if (at > key.ends) wrongTime = { key, code: 'PUBLIC_KEY_EXPIRED' };
    else if (key.usages === null || kinds.every((kind) => key.usages.has(kind))) {
      return { key, code: null };
    } else wrongUsage = { key, code: 'UNSUITABLE_PUBLIC_KEY_TYPE' };
  }
  return wrongUsage ?? wrongTime;
}

/** Times and schema of a certificate that a suitable key signed. */
function judge({ issued, notBefore, expires }, body, at) {
  if ((issued !== null && at < issued) || (notBefore !== null && at < notBefore)) {
    return 'CWT_NOT_YET_VALID';
  }
  if (at >= expires) return 'CWT_EXPIRED';
  return body !== null && dcc.isLegal(body) ? null : 'SCHEMA_VALIDATION_FAILED';
}

/** REVOKED if any way to name the certificate is on the list; else null. */
async function revoked({ message, issuer }, body, key, trust, at, revocations) {
  const { event } = dcc.eventOf(body);
  const countries = [issuer, key.country, event.get('co')].filter(Boolean);
  const { signature } = message;
  const { algorithm } = key;
  const found = await revocations.isRevoked({
    kids: trust.kidsOf(key),
    countries,
    signature,
    algorithm,
    uci: event.get('ci'),
    at,
  });
  return found ? 'REVOKED' : null;
}
