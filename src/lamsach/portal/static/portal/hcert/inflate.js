// zlib (RFC 1950) with the browser's own decompressor, never making more than it is allowed to.

/** The bytes inside one zlib stream with nothing after it; null if it is none, or too large. */
export async function inflate(packed, most) {
  const data = await attempt(packed, most);
  // Some engines pass over what follows the stream: then it is complete without its last byte too.
  return data !== null && (await attempt(packed.subarray(0, -1), most)) === null ? data : null;
}

async function attempt(packed, most) {
  const stream = new DecompressionStream('deflate');
  const writer = stream.writable.getWriter();
  // The reader hears of what is wrong; unheard, the writer's promises would be reported.
  writer.write(packed).catch(() => {});
  writer.close().catch(() => {});
  const reader = stream.readable.getReader();
  const made = new Uint8Array(most);
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return made.subarray(0, size);
      if (size + value.length > most) {
        reader.cancel().catch(() => {});
        return null;
      }
      made.set(value, size);
      size += value.length;
    }
  } catch {
    return null;
  }
}
