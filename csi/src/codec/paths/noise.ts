import { QUARTILE } from './constants.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

const bits = new Float32Array(1);
const view = new Uint32Array(bits.buffer);
const counts = new Uint32Array(16);

/**
 * Noise power of an entry, estimated from the residual: its lower quartile is what paths leave alone. Floats of one sign
 * are in the order of their bits, so the quartile is found four bits at a time, with no sorting and no memory.
 */
export function noisePower(space: PathSpace): number {
  const { restRe, restIm } = space;
  // Some 256 of many entries will do: every so many, an odd number, so as to meet all delays.
  const stride = (restRe.length >> 8) | 1;
  let rank = Math.floor(restRe.length / stride) >> 2;
  let prefix = 0;
  // Twelve bits, exponent and fraction, tell the power to an eighth.
  for (let shift = 27; shift >= 19; shift -= 4) {
    counts.fill(0);
    for (let i = 0; i < restRe.length; i += stride) {
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
