// Bytes as text and back, as the other modules need it. Knows nothing of certificates.

/** Bytes of base64, either alphabet, padded or not; null if it is none. */
export function fromBase64(text) {
  const standard = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  if (!/^[A-Za-z0-9+/]*$/.test(standard) || standard.length % 4 === 1) return null;
  return Uint8Array.from(atob(standard), (letter) => letter.charCodeAt(0));
}

/** Bytes of hexadecimal text; null if it is none. */
export function fromHex(text) {
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(text)) return null;
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

/** Bytes as hexadecimal text: what maps are keyed with. */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes as base64url without padding, as a JWK wants its numbers. */
export function toBase64Url(bytes) {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Several pieces as one. */
export function join(...pieces) {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
