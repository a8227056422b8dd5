import type { PathSpace } from './space.ts';

const { fround } = Math;

/** Lower quartile of an exponential distribution of mean one: -ln 3/4. */
const QUARTILE = fround(0.2876820724517809);

const bits = new Float32Array(1);
const view = new Uint32Array(bits.buffer);
const counts = new Uint32Array(16);

/**
 * Noise power of an entry, estimated from the residual: its lower quartile is what paths leave alone. Floats of one sign
 * are in the order of their bits, so the quartile is found four bits at a time, with no sorting and no memory.
 */
export function noisePower(space: PathSpace): number {
  const { restRe, restIm } = space;
  let rank = restRe.length >> 2;
  let prefix = 0;
  // Twelve bits, exponent and fraction, tell the power to an eighth.
  for (let shift = 27; shift >= 19; shift -= 4) {
    counts.fill(0);
    for (let i = 0; i < restRe.length; i++) {
      const x = restRe[i] as number;
      const y = restIm[i] as number;
      bits[0] = fround(fround(x * x) + fround(y * y));
      const digits = (view[0] as number) >>> shift;
      if (digits >>> 4 === prefix) counts[digits & 15] = (counts[digits & 15] as number) + 1;
    }
    let digit = 0;
    for (; digit < 15 && rank >= (counts[digit] as number); digit++) rank -= counts[digit] as number;
    prefix = (prefix << 4) | digit;
  }
  view[0] = (prefix << 19) | (1 << 18);
  return fround((bits[0] as number) / QUARTILE);
}
