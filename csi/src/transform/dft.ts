import { requireCount } from '../errors.ts';

/** Unitary discrete Fourier transform of one length, with its own tables. */
export interface Dft {
  readonly size: number;
  /**
   * Transforms complex values in place, both `[size]`:
   * X[k] = size^-1/2 sum_n x[n] exp(sign j 2 pi k n / size), with sign -1 forward and +1 inverse.
   */
  transform(re: Float64Array, im: Float64Array, direction: 'forward' | 'inverse'): void;
}

/** Creates a transform: a radix-2 FFT where the size is a power of two, a plain sum otherwise. */
export function createDft(size: number): Dft {
  requireCount('DFT size', size);
  const cos = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sin = Float64Array.from({ length: size }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  const tables = { size, cos, sin };
  const sum = (size & (size - 1)) === 0 ? radix2(tables) : plainSum(tables);
  const scale = 1 / Math.sqrt(size);
  return {
    size,
    transform(re, im, direction) {
      if (re.length !== size || im.length !== size) {
        throw new RangeError(`DFT input has ${re.length} and ${im.length} values, must have ${size}`);
      }
      // An inverse transform is a forward one with real and imaginary parts exchanged.
      if (direction === 'forward') sum(re, im);
      else sum(im, re);
      for (let i = 0; i < size; i++) {
        re[i] = scale * (re[i] as number);
        im[i] = scale * (im[i] as number);
      }
    },
  };
}

interface Tables {
  readonly size: number;
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

type ForwardSum = (re: Float64Array, im: Float64Array) => void;

function radix2({ size, cos, sin }: Tables): ForwardSum {
  const reversed = bitReversal(size);
  return (re, im) => {
    for (let i = 0; i < size; i++) {
      const j = reversed[i] as number;
      if (i < j) {
        swap(re, i, j);
        swap(im, i, j);
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const c = cos[k * stride] as number;
          const s = sin[k * stride] as number;
          const top = start + k;
          const bottom = top + half;
          const bottomRe = re[bottom] as number;
          const bottomIm = im[bottom] as number;
          const turnedRe = bottomRe * c + bottomIm * s;
          const turnedIm = bottomIm * c - bottomRe * s;
          const topRe = re[top] as number;
          const topIm = im[top] as number;
          re[bottom] = topRe - turnedRe;
          im[bottom] = topIm - turnedIm;
          re[top] = topRe + turnedRe;
          im[top] = topIm + turnedIm;
        }
      }
    }
  };
}

function plainSum({ size, cos, sin }: Tables): ForwardSum {
  const inputRe = new Float64Array(size);
  const inputIm = new Float64Array(size);
  return (re, im) => {
    inputRe.set(re);
    inputIm.set(im);
    for (let k = 0; k < size; k++) {
      let sumRe = 0;
      let sumIm = 0;
      for (let n = 0, turn = 0; n < size; n++, turn = (turn + k) % size) {
        const c = cos[turn] as number;
        const s = sin[turn] as number;
        sumRe += (inputRe[n] as number) * c + (inputIm[n] as number) * s;
        sumIm += (inputIm[n] as number) * c - (inputRe[n] as number) * s;
      }
      re[k] = sumRe;
      im[k] = sumIm;
    }
  };
}

function bitReversal(size: number): Uint32Array {
  const reversed = new Uint32Array(size);
  for (let i = 1; i < size; i++) reversed[i] = ((reversed[i >> 1] as number) >> 1) | (i & 1 ? size >> 1 : 0);
  return reversed;
}

function swap(values: Float64Array, i: number, j: number): void {
  const value = values[i] as number;
  values[i] = values[j] as number;
  values[j] = value;
}
