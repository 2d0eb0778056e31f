// A worker that finds the QR code in a picture: with what the browser brings, or else with jsQR,
// which is fetched only then. {id, pixels, width, height, inverted} in, {id, text, failed} out.

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
  return async ({ data, width, height }, inverted) => {
    // (jsQR's own 'onlyInvert' fails.)
    const inversionAttempts = inverted ? 'invertFirst' : 'dontInvert';
    return self.jsQR(data, width, height, { inversionAttempts })?.data || null;
  };
}

self.addEventListener('message', async ({ data }) => {
  const { id, pixels, width, height, inverted } = data;
  const find = await ready.catch(() => null);
  const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
  // A picture on which the reader stumbles is one without a code.
  const text = await find?.(image, inverted).catch(() => null);
  self.postMessage({ id, text: text ?? null, failed: find === null });
});
