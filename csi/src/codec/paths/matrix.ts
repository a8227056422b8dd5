import { innerProduct } from './axis.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;
const bits = new Float32Array(1);
const view = new Uint32Array(bits.buffer);

/**
 * Loads a matrix into the space: scaled by a power of two, so that its largest part lies in [1, 2), and turned so that the
 * kernels of paths are real.
 *
 * @param values - planar, `[2][count 1][count 2][numDelays]`
 * @returns exponent e: values are 2^e times what the space holds; undefined where all are zero or one is not finite
 */
export function loadMatrix(space: PathSpace, values: Float32Array): number | undefined {
  const { re, im, axes } = space;
  const entries = re.length;
  let most = 0;
  for (let i = 0; i < 2 * entries; i++) {
    const magnitude = Math.abs(values[i] as number);
    // False for NaN, too.
    if (!(magnitude <= 3.4028234663852886e38)) return undefined;
    if (magnitude > most) most = magnitude;
  }
  if (most === 0) return undefined;
  bits[0] = most;
  const exponent = ((view[0] as number) >>> 23) - 127;
  // Two factors, as one power of two may be out of float32's range.
  const first = powerOfTwo(-Math.floor(exponent / 2));
  const second = powerOfTwo(-(exponent - Math.floor(exponent / 2)));
  const columns = axes[1].count;
  const delays = axes[2].count;
  for (let row = 0, at = 0; row < axes[0].count * columns; row++) {
    const i = Math.floor(row / columns);
    const j = row - i * columns;
    const oneRe = axes[0].turnRe[i] as number;
    const oneIm = axes[0].turnIm[i] as number;
    const twoRe = axes[1].turnRe[j] as number;
    const twoIm = axes[1].turnIm[j] as number;
    const rowRe = fround(fround(oneRe * twoRe) - fround(oneIm * twoIm));
    const rowIm = fround(fround(oneRe * twoIm) + fround(oneIm * twoRe));
    for (let t = 0; t < delays; t++, at++) {
      const delayRe = axes[2].turnRe[t] as number;
      const delayIm = axes[2].turnIm[t] as number;
      const turnRe = fround(fround(rowRe * delayRe) - fround(rowIm * delayIm));
      const turnIm = fround(fround(rowRe * delayIm) + fround(rowIm * delayRe));
      const x = fround(fround((values[at] as number) * first) * second);
      const y = fround(fround((values[entries + at] as number) * first) * second);
      re[at] = fround(fround(x * turnRe) - fround(y * turnIm));
      im[at] = fround(fround(x * turnIm) + fround(y * turnRe));
    }
  }
  space.energy = fround(innerProduct(re, 0, re, 0, entries) + innerProduct(im, 0, im, 0, entries));
  space.count = 0;
  return exponent;
}

/** 2^exponent, exact. @param exponent - -126 .. 127 */
export function powerOfTwo(exponent: number): number {
  view[0] = (exponent + 127) << 23;
  return bits[0] as number;
}
