// A worker that finds the QR code in a picture: with what the browser brings, or else with jsQR,
// which is fetched only then. {id, pixels, width, height} in, {id, text} out.

const ready = prepare();

async function prepare() {
  if ('BarcodeDetector' in self) {
    const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
    if (formats.includes('qr_code')) {
      const detector = new BarcodeDetector({ formats: ['qr_code'] });
      return async (image) => (await detector.detect(image))[0]?.rawValue ?? null;
    }
  }
  await import('../vendor/jsQR.js');
  return async ({ data, width, height }, id) => {
    // Some screens show codes white on black; looking for both at once takes twice as long.
    const inversionAttempts = id % 3 === 2 ? 'onlyInvert' : 'dontInvert';
    return self.jsQR(data, width, height, { inversionAttempts })?.data || null;
  };
}

self.addEventListener('message', async ({ data: { id, pixels, width, height } }) => {
  try {
    const find = await ready;
    const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
    self.postMessage({ id, text: await find(image, id) });
  } catch {
    self.postMessage({ id, text: null, failed: true });
  }
});
