import type { ArrayResponse } from '../../transform/array.ts';
import { exactCosine, exactSine } from './turn.ts';

const { fround } = Math;

/**
 * What a gain at each antenna does to angle bins: a circular convolution with the DFT of the gains, over both axes.
 */
export interface ResponseKernel {
  readonly counts: readonly [number, number];
  /** `[count 1][count 2]` */
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/** @param invert - takes the response out rather than puts it in */
export function createResponseKernel(
  counts: readonly [number, number],
  response: ArrayResponse,
  invert: boolean,
): ResponseKernel {
  const [one, two] = counts;
  const count = one * two;
  const kernel = { counts, re: new Float32Array(count), im: new Float32Array(count) };
  for (let bin = 0; bin < count; bin++) {
    const i = Math.floor(bin / two);
    const j = bin - i * two;
    let sumRe = 0;
    let sumIm = 0;
    for (let antenna = 0; antenna < count; antenna++) {
      const a = Math.floor(antenna / two);
      const b = antenna - a * two;
      // Whole turns are left out before anything is rounded.
      const turns = ((a * i) % one) / one + ((b * j) % two) / two;
      const cos = exactCosine(2 * turns);
      const sin = exactSine(2 * turns);
      let re = response.re[antenna] as number;
      let im = response.im[antenna] as number;
      if (invert) {
        const power = re * re + im * im;
        re /= power;
        im = -im / power;
      }
      sumRe += re * cos - im * sin;
      sumIm += re * sin + im * cos;
    }
    kernel.re[bin] = sumRe / count;
    kernel.im[bin] = sumIm / count;
  }
  return kernel;
}

/**
 * Convolves the angle bins of a matrix with a kernel.
 *
 * @param out - planar, `[2][count 1][count 2][numDelays]`, another buffer than `values`
 */
export function applyResponseInto(out: Float32Array, values: Float32Array, kernel: ResponseKernel): void {
  const [one, two] = kernel.counts;
  const rows = one * two;
  const entries = values.length / 2;
  const delays = entries / rows;
  out.fill(0);
  for (let to = 0; to < rows; to++) {
    const toOne = Math.floor(to / two);
    const toTwo = to - toOne * two;
    for (let from = 0; from < rows; from++) {
      const fromOne = Math.floor(from / two);
      const i = toOne - fromOne;
      const j = toTwo - (from - fromOne * two);
      const bin = (i < 0 ? i + one : i) * two + (j < 0 ? j + two : j);
      const kRe = kernel.re[bin] as number;
      const kIm = kernel.im[bin] as number;
      for (let t = 0, at = to * delays, source = from * delays; t < delays; t++, at++, source++) {
        const x = values[source] as number;
        const y = values[entries + source] as number;
        out[at] = fround((out[at] as number) + fround(fround(kRe * x) - fround(kIm * y)));
        out[entries + at] = fround((out[entries + at] as number) + fround(fround(kRe * y) + fround(kIm * x)));
      }
    }
  }
}
