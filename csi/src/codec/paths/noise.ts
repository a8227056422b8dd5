import type { PathSpace } from './space.ts';

const { fround } = Math;

/** Lower quartile of an exponential distribution of mean one: -ln 3/4. */
const QUARTILE = fround(0.2876820724517809);

const bits = new Float32Array(1);
const view = new Uint32Array(bits.buffer);

/**
 * Noise power of an entry, estimated from the residual: its lower quartile is what paths leave alone. Floats of one sign
 * are in the order of their bits, so the quartile is found bit by bit, with no sorting and no memory.
 */
export function noisePower(space: PathSpace): number {
  const { restRe, restIm } = space;
  const entries = restRe.length;
  let rank = entries >> 2;
  let prefix = 0;
  for (let bit = 30; bit >= 0; bit--) {
    // Of the entries that share the bits found so far, those with a zero next come first.
    let zeros = 0;
    for (let i = 0; i < entries; i++) {
      const x = restRe[i] as number;
      const y = restIm[i] as number;
      bits[0] = fround(fround(x * x) + fround(y * y));
      if ((view[0] as number) >>> bit === prefix << 1) zeros++;
    }
    prefix <<= 1;
    if (rank >= zeros) {
      rank -= zeros;
      prefix |= 1;
    }
    // Twelve bits of exponent and fraction tell the power to an eighth.
    if (bit === 19) {
      view[0] = (prefix << 19) | (1 << 18);
      break;
    }
  }
  return fround((bits[0] as number) / QUARTILE);
}
