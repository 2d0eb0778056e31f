// Pictures of the camera, or of a file, handed to the reader one at a time.

const LARGEST = 900; // pixels along a side of what is searched: five a module and more
const FILE_SIZES = [LARGEST, 1600, 2400];

/** Reads codes in pictures with a worker. */
export class Scanner {
  #worker = new Worker(new URL('./reader.js', import.meta.url), { type: 'module' });
  #canvas = document.createElement('canvas');
  #waiting = new Map();
  #last = 0;
  #looks = 0;

  constructor() {
    const done = (id, text, failed) => {
      this.#waiting.get(id)?.({ text, failed });
      this.#waiting.delete(id);
    };
    this.#worker.addEventListener('message', ({ data }) => done(data.id, data.text, data.failed));
    this.#worker.addEventListener('error', () => {
      for (const id of [...this.#waiting.keys()]) done(id, null, true);
    });
  }

  /** Have the camera's picture in `video`, or throw. */
  async open(video) {
    const wanted = { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } };
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    await video.play();
  }

  /** {text, failed} of the middle of what the camera sees now. */
  async look(video) {
    const side = Math.min(video.videoWidth, video.videoHeight);
    if (!side) return { text: null, failed: false };
    const size = Math.min(side, LARGEST);
    const context = this.#context(size, size);
    const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
    context.drawImage(video, left, top, side, side, 0, 0, size, size);
    this.#looks += 1;
    // Some screens show codes white on black; looking for both each time would take twice as long.
    return this.#read(context, size, size, this.#looks % 3 === 0);
  }

  /** {text, failed} of a picture's file, sought at several sizes. */
  async lookInto(file) {
    const picture = await createImageBitmap(file);
    const largest = Math.max(picture.width, picture.height);
    for (const most of FILE_SIZES) {
      const scale = Math.min(1, most / largest);
      const width = Math.max(1, Math.round(picture.width * scale));
      const height = Math.max(1, Math.round(picture.height * scale));
      const context = this.#context(width, height);
      context.fillStyle = '#fff'; // what is transparent is paper
      context.fillRect(0, 0, width, height);
      context.drawImage(picture, 0, 0, width, height);
      for (const inverted of [false, true]) {
        const found = await this.#read(context, width, height, inverted);
        if (found.text || found.failed) return found;
      }
      if (scale === 1) break;
    }
    return { text: null, failed: false };
  }

  #context(width, height) {
    this.#canvas.width = width;
    this.#canvas.height = height;
    return this.#canvas.getContext('2d', { willReadFrequently: true });
  }

  #read(context, width, height, inverted) {
    const pixels = context.getImageData(0, 0, width, height).data.buffer;
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, pixels, width, height, inverted }, [pixels]);
    });
  }
}
