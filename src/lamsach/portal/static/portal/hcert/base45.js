// Base45 (RFC 9285): two bytes as three characters. Must not know what the bytes mean.

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const VALUES = new Map(Array.from(ALPHABET, (letter, value) => [letter, value]));

/** The bytes of base45 text; null if it is none. */
export function decode(text) {
  if (text.length % 3 === 1) return null;
  const bytes = [];
  for (let at = 0; at < text.length; at += 3) {
    const group = Array.from(text.slice(at, at + 3), (letter) => VALUES.get(letter));
    if (group.includes(undefined)) return null;
    const [low, middle, high = 0] = group;
    const sum = low + middle * 45 + high * 2025;
    if (sum > (group.length === 3 ? 0xffff : 0xff)) return null;
    if (group.length === 3) bytes.push(sum >> 8);
    bytes.push(sum & 0xff);
  }
  return Uint8Array.from(bytes);
}
