// Opens one HC1 text with code that shares nothing with lamsach: base45, zlib, cose-js (its own
// elliptic curves and RSA), cbor. Reads {text, key} from standard input, prints the payload as JSON,
// fails if the signature is not the key's.
'use strict';

const fs = require('node:fs');
const zlib = require('node:zlib');
const base45 = require('base45');
const cbor = require('cbor');
const cose = require('cose-js');

const { text, key } = JSON.parse(fs.readFileSync(0, 'utf8'));
if (!text.startsWith('HC1:')) throw new Error('no HC1');
const decoded = base45.decode(text.slice('HC1:'.length));
const message = zlib.inflateSync(Buffer.from(decoded));
const bytes = Object.fromEntries(
  Object.entries(key).map(([name, hex]) => [name, Buffer.from(hex, 'hex')])
);
const payload = cose.sign.verifySync(message, { key: bytes });
const claims = cbor.decodeFirstSync(payload);
process.stdout.write(JSON.stringify(claims.get(-260).get(1)));
