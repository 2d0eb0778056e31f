// What a verdict sounds and feels like, for eyes that are on the traveller. Browsers stay silent
// until the page was touched once; the answer does not depend on it.

const TONES = {
  valid: [
    [660, 0, 0.12],
    [990, 0.13, 0.2],
  ],
  invalid: [
    [180, 0, 0.25],
    [140, 0.28, 0.45],
  ],
  unknown: [
    [440, 0, 0.1],
    [440, 0.2, 0.1],
    [440, 0.4, 0.1],
  ],
};
const SHAKES = { valid: [80], invalid: [300, 100, 300], unknown: [80, 80, 80, 80, 80] };

let audio = null;

/** Make ready to sound; call again when the page is touched. */
export function prepare() {
  if (!('AudioContext' in window)) return;
  audio ??= new AudioContext();
  audio.resume().catch(() => {});
}

/** Sound and shake for a verdict. */
export function signal(verdict) {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKES[verdict]);
  if (audio?.state !== 'running') return;
  for (const [pitch, after, length] of TONES[verdict]) {
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.frequency.value = pitch;
    tone.type = verdict === 'invalid' ? 'square' : 'sine';
    loudness.gain.value = 0.4;
    tone.connect(loudness).connect(audio.destination);
    tone.start(audio.currentTime + after);
    tone.stop(audio.currentTime + after + length);
  }
}
