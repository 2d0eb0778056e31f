// A signer's certificate (X.509, DER): only what a verifier needs of it, which is the public key,
// the validity, the country and the extended key usage. Nothing of it is checked beyond its form:
// whoever is on the trust list is trusted (shell model). Bounded by the length of the input.

import { toBase64Url } from './bytes.js';
import { ES256, PS256 } from './cose.js';

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const IDENTIFIER = 0x06;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

const COUNTRY = '2.5.4.6';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const EC_KEY = '1.2.840.10045.2.1';
const P_256 = '1.2.840.10045.3.1.7';
const RSA_KEYS = ['1.2.840.113549.1.1.1', '1.2.840.113549.1.1.10'];
const LEAST_RSA_BYTES = 256;

// The early variant (with .0.) is in more of the public test certificates than the right one.
const USAGES = new Map(
  ['', '0.'].flatMap((early) =>
    ['t', 'v', 'r'].map((kind, place) => [`1.3.6.1.4.1.${early}1847.2021.1.${place + 1}`, kind]),
  ),
);

/**
 * The key in a certificate: {algorithm, cryptoKey, identity, country, starts, ends, usages}, times
 * in seconds since 1970, `usages` a Set of `t`, `v`, `r` or null for any. Throws when the
 * certificate cannot be read or its key is of no use here.
 */
export async function readCertificate(der) {
  const outer = whole(der, SEQUENCE);
  const body = parts(child(outer, SEQUENCE));
  if (body[0].tag === VERSION) body.shift();
  const [serial, algorithm, issuer, validity, subject, key, ...rest] = body;
  expect(serial, INTEGER);
  [algorithm, issuer, validity, subject, key].forEach((part) => expect(part, SEQUENCE));
  const [starts, ends] = parts(validity).map(time);
  return {
    ...(await publicKey(key)),
    country: countryOf(subject),
    starts,
    ends,
    usages: usagesOf(rest.find((part) => part.tag === EXTENSIONS)),
  };
}

async function publicKey(part) {
  const [algorithm, bits] = parts(part);
  expect(algorithm, SEQUENCE);
  const [kind, parameters] = parts(algorithm);
  const bytes = content(expect(bits, BIT_STRING));
  if (bytes[0] !== 0) throw new Error('a key of broken bytes');
  const data = bytes.subarray(1);
  const name = identifier(kind);
  if (name === EC_KEY && parameters && identifier(parameters) === P_256) return pointKey(data);
  if (RSA_KEYS.includes(name)) return rsaKey(data);
  throw new Error('a key neither on the curve P-256 nor RSA');
}

async function pointKey(data) {
  if (data.length !== 65 || data[0] !== 4) throw new Error('a point in a form not read here');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: toBase64Url(data.subarray(1, 33)),
    y: toBase64Url(data.subarray(33)),
  };
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' };
  return imported(ES256, jwk, parameters, `EC ${jwk.x} ${jwk.y}`);
}

async function rsaKey(data) {
  const [modulus, exponent] = parts(whole(data, SEQUENCE)).map(unsigned);
  if (modulus.length < LEAST_RSA_BYTES || (modulus.length === LEAST_RSA_BYTES && modulus[0] < 0x80)) {
    throw new Error('an RSA key of less than 2048 bits');
  }
  const jwk = { kty: 'RSA', n: toBase64Url(modulus), e: toBase64Url(exponent) };
  const parameters = { name: 'RSA-PSS', hash: 'SHA-256' };
  return imported(PS256, jwk, parameters, `RSA ${jwk.n} ${jwk.e}`);
}

async function imported(algorithm, jwk, parameters, identity) {
  const cryptoKey = await crypto.subtle.importKey('jwk', jwk, parameters, false, ['verify']);
  return { algorithm, cryptoKey, identity };
}

function countryOf(subject) {
  for (const set of parts(subject)) {
    for (const attribute of parts(expect(set, SET))) {
      const [kind, value] = parts(expect(attribute, SEQUENCE));
      if (identifier(kind) === COUNTRY) return new TextDecoder().decode(content(value));
    }
  }
  return null;
}

function usagesOf(extensions) {
  if (!extensions) return null;
  for (const extension of parts(child(extensions, SEQUENCE))) {
    const [kind, ...value] = parts(expect(extension, SEQUENCE));
    if (identifier(kind) !== EXTENDED_KEY_USAGE) continue;
    if (value[0]?.tag === BOOLEAN) value.shift();
    const usages = parts(whole(content(expect(value[0], OCTET_STRING)), SEQUENCE));
    const known = usages.map((usage) => USAGES.get(identifier(usage))).filter(Boolean);
    // Vietnam's signer has an ordinary government token certificate with other usages: any.
    return known.length ? new Set(known) : null;
  }
  return null;
}

function time(part) {
  const text = new TextDecoder().decode(content(part));
  const form = part.tag === UTC_TIME ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/;
  const found = form.exec(text);
  if (!found || ![UTC_TIME, GENERALIZED_TIME].includes(part.tag)) throw new Error('no time');
  let year = Number(found[1]);
  if (part.tag === UTC_TIME) year += year < 50 ? 2000 : 1900;
  const [month, day, hour, minute, second] = found[2].match(/../g).map(Number);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute, second);
  return moment.getTime() / 1000;
}

function unsigned(part) {
  const bytes = content(expect(part, INTEGER));
  const start = bytes.findIndex((byte) => byte !== 0);
  if (start < 0 || bytes[0] >= 0x80) throw new Error('no number above zero');
  return bytes.subarray(start);
}

/** An object identifier in dots; numbers that no usage has are not told apart. */
function identifier(part) {
  const bytes = content(expect(part, IDENTIFIER));
  const numbers = [];
  let number = 0;
  for (const byte of bytes) {
    number = Math.min(number * 128 + (byte & 0x7f), Number.MAX_SAFE_INTEGER);
    if (byte & 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const first = Math.min(Math.floor((numbers[0] ?? 0) / 40), 2);
  return [first, (numbers[0] ?? 0) - first * 40, ...numbers.slice(1)].join('.');
}

/** The one element that the bytes are, of this tag. */
function whole(bytes, tag) {
  const part = element(bytes, 0);
  if (part.end !== bytes.length) throw new Error('data after the value');
  return expect(part, tag);
}

/** The first element inside another, of this tag. */
function child(part, tag) {
  return expect(element(content(part), 0), tag);
}

/** The elements inside another. */
function parts(part) {
  const bytes = content(part);
  const found = [];
  for (let at = 0; at < bytes.length; at = found.at(-1).end) found.push(element(bytes, at));
  return found;
}

function element(bytes, start) {
  if (start + 2 > bytes.length) throw new Error('the data end early');
  const tag = bytes[start];
  let size = bytes[start + 1];
  let at = start + 2;
  if (size >= 0x80) {
    const count = size & 0x7f;
    if (count === 0 || count > 4) throw new Error('a length not read here');
    size = 0;
    for (let place = 0; place < count; place += 1) size = size * 256 + bytes[at + place];
    at += count;
  }
  // A length with bytes beyond the end is no number, and so refused too.
  if (!(at + size <= bytes.length)) throw new Error('the data end early');
  return { tag, bytes, start: at, end: at + size };
}

function content(part) {
  return part.bytes.subarray(part.start, part.end);
}

function expect(part, tag) {
  if (part?.tag !== tag) throw new Error('another type than a certificate has here');
  return part;
}
