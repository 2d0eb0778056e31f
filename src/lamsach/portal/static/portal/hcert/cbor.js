// A strict reader of CBOR (RFC 8949), the twin of `lamsach.hcert.cbor`: whatever that refuses is
// refused here (repeated keys, odd keys, depth, data after the value). Must not know what the
// values mean.

const MAX_DEPTH = 24; // a certificate needs six levels
const BREAK = 0xff;
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are no CBOR, or CBOR that a certificate must not contain. */
export class CborError extends Error {}

/** A number with a fraction's form; whole numbers are plain numbers, or BigInt beyond 2^53. */
export class Float {
  constructor(value) {
    this.value = value;
  }
}

/** A tagged value, unread. */
export class Tag {
  constructor(number, value) {
    this.number = number;
    this.value = value;
  }
}

/** A simple value without a meaning here; 23 is `undefined`. */
export class Simple {
  constructor(number) {
    this.number = number;
  }
}

/** A map, whose keys are whole numbers, text or bytes: 1 and "1" are two keys. */
export class CborMap {
  #entries = new Map();

  get size() {
    return this.#entries.size;
  }

  /** The value of a key; null if it is not there. */
  get(key) {
    return this.#entries.get(name(key))?.value ?? null;
  }

  /** Every [key, value]. */
  entries() {
    return Array.from(this.#entries.values(), ({ key, value }) => [key, value]);
  }

  add(key, value) {
    const named = name(key);
    if (this.#entries.has(named)) throw new CborError('a map holds the same key twice');
    this.#entries.set(named, { key, value });
  }
}

function name(key) {
  if (typeof key === 'string') return `t${key}`;
  if (key instanceof Uint8Array) return `b${key.join()}`;
  return `i${key}`;
}

/** Whether a value is a whole number. */
export function isInteger(value) {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The one value that the bytes hold; throws CborError. */
export function read(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new CborError('data after the value');
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  value(depth) {
    const head = this.take(1)[0];
    const major = head >> 5;
    const info = head & 0x1f;
    if (info === 0x1f && major >= 2 && major <= 5) return this.indefinite(major, depth);
    if (info > 0x1b) throw new CborError('a head that CBOR does not have');
    if (major === 7) return this.simpleOrFloat(info);
    const size = info < 0x18 ? info : this.number(1 << (info - 0x18));
    switch (major) {
      case 0:
        return size;
      case 1:
        return negative(size);
      case 2:
        return this.take(size);
      case 3:
        return text(this.take(size));
      case 4:
        return this.array(size, depth + 1);
      case 5:
        return this.map(size, depth + 1);
      default:
        check(depth + 1);
        return new Tag(size, this.value(depth + 1));
    }
  }

  /** The next so many bytes. */
  take(size) {
    const start = this.at;
    if (size > this.bytes.length - start) throw new CborError('the data end early');
    this.at += size;
    return this.bytes.subarray(start, this.at);
  }

  number(size) {
    const at = this.at;
    this.take(size);
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at);
    if (size === 4) return this.view.getUint32(at);
    const large = this.view.getBigUint64(at);
    return large <= Number.MAX_SAFE_INTEGER ? Number(large) : large;
  }

  array(size, depth) {
    check(depth);
    const made = [];
    for (let count = 0; count < size; count += 1) made.push(this.value(depth));
    return made;
  }

  map(size, depth) {
    check(depth);
    const made = new CborMap();
    for (let count = 0; count < size; count += 1) this.pair(made, depth);
    return made;
  }

  pair(made, depth) {
    const key = this.value(depth);
    if (!isInteger(key) && typeof key !== 'string' && !(key instanceof Uint8Array)) {
      throw new CborError('a map key that is no integer and no string');
    }
    made.add(key, this.value(depth));
  }

  /** A string, array or map that a break ends. */
  indefinite(major, depth) {
    check(depth + 1);
    const items = major === 5 ? new CborMap() : [];
    while (this.take(1)[0] !== BREAK) {
      this.at -= 1;
      if (major === 5) {
        this.pair(items, depth + 1);
        continue;
      }
      const head = this.bytes[this.at];
      if (major < 4 && (head >> 5 !== major || (head & 0x1f) === 0x1f)) {
        throw new CborError('a string made of something else than its like');
      }
      items.push(this.value(depth + 1));
    }
    if (major === 3) return items.join('');
    return major === 2 ? Uint8Array.from(items.flatMap((item) => Array.from(item))) : items;
  }

  simpleOrFloat(info) {
    if (info < 0x14) return new Simple(info);
    if (info === 0x14 || info === 0x15) return info === 0x15;
    if (info === 0x16) return null;
    if (info === 0x17) return new Simple(info);
    if (info === 0x18) {
      const number = this.number(1);
      if (number < 0x20) throw new CborError('a head that CBOR does not have');
      return new Simple(number);
    }
    const at = this.at;
    this.take(1 << (info - 0x18));
    if (info === 0x19) return new Float(half(this.view.getUint16(at)));
    return new Float(info === 0x1a ? this.view.getFloat32(at) : this.view.getFloat64(at));
  }
}

function text(bytes) {
  try {
    return TEXT.decode(bytes);
  } catch {
    throw new CborError('a text is not UTF-8');
  }
}

function negative(size) {
  return size < Number.MAX_SAFE_INTEGER ? -1 - Number(size) : -1n - BigInt(size);
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function check(depth) {
  if (depth > MAX_DEPTH) throw new CborError(`more than ${MAX_DEPTH} levels within one another`);
}
