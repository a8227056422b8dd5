import { MINUS_TWO_PI, PEAK_TERMS, PI } from './constants.ts';
import { cosineOfHalfTurns, exactCosine, exactSine, sineOfHalfTurns } from './turn.ts';

const { fround } = Math;

/**
 * One axis of the matrix, angle or delay: what a complex exponential becomes under a unitary inverse DFT of `size`
 * points, of which `count` bins are kept. Up to a phase of the bin, which is turned out of the matrix once, and one of
 * the position, which goes into the gain, the Dirichlet kernel is real:
 *
 * k_i(u) = sin(pi e) / (size sin(pi (u - i) / size)),   u = u0 + e, u0 the nearest bin, |e| <= 1/2.
 */
export interface PathAxis {
  readonly size: number;
  readonly count: number;
  /** All bins are kept: positions wrap, and the kernel's energy is one everywhere. */
  readonly whole: boolean;
  /** Least and largest position of a path; on a whole axis they are `size` apart and the same place. */
  readonly last: number;
  /** sin(pi d / size) and cos(pi d / size), d from -count to count. */
  readonly sine: Float32Array;
  readonly cosine: Float32Array;
  /** The largest entry is a polynomial in e^2. */
  readonly peak: Float32Array;
  readonly inverseSize: number;
  /** -pi^2 (1 - 1 / size^2), of the second derivative. */
  readonly bend: number;
  /** exp(j pi i / size) of bin i: times the matrix, it makes the kernels real. */
  readonly turnRe: Float32Array;
  readonly turnIm: Float32Array;
}

/** @param size - length of the DFT @param count - bins kept, at most `size` */
export function createAxis(size: number, count: number): PathAxis {
  const sine = new Float32Array(2 * count + 1);
  const cosine = new Float32Array(2 * count + 1);
  for (let d = -count; d <= count; d++) {
    sine[d + count] = exactSine(d / size);
    cosine[d + count] = exactCosine(d / size);
  }
  const peak = new Float32Array(PEAK_TERMS);
  // k(e) = 1/size sum_n cos(2 pi e (n - (size - 1) / 2) / size), term by term.
  const powers = new Float64Array(size).fill(1 / size);
  let factorial = 1;
  for (let m = 0; m < PEAK_TERMS; m++) {
    let sum = 0;
    for (let n = 0; n < size; n++) {
      sum += powers[n] as number;
      const angle = (2 * Math.PI * (n - (size - 1) / 2)) / size;
      powers[n] = -(powers[n] as number) * angle * angle;
    }
    peak[m] = sum / factorial;
    factorial *= (2 * m + 1) * (2 * m + 2);
  }
  const turnRe = new Float32Array(count);
  const turnIm = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    turnRe[i] = exactCosine(i / size);
    turnIm[i] = exactSine(i / size);
  }
  const whole = size === count;
  return {
    size,
    count,
    whole,
    last: whole ? size : count - 0.25,
    sine,
    cosine,
    peak,
    inverseSize: fround(1 / size),
    bend: fround(-Math.PI * Math.PI * (1 - 1 / (size * size))),
    turnRe,
    turnIm,
  };
}

/** A position brought back onto the axis: wrapped, or held at the edge of the window. */
export function ontoAxis(axis: PathAxis, position: number): number {
  if (axis.whole) {
    if (position < 0) return fround(position + axis.size);
    return position >= axis.size ? fround(position - axis.size) : position;
  }
  return position < 0 ? 0 : position > axis.last ? axis.last : position;
}

/**
 * Writes a stretch of the kernel of a position, of unit energy over that stretch, and its derivatives.
 *
 * @param out - float32, gets derivative p at `p length`, `[orders][length]`
 * @param orders - 1, or 3 for first and second derivatives too
 * @param position - in bins, 0 .. count
 * @param from - first bin of the stretch, which goes on at bin 0 after the last one
 * @returns norm of the stretch before it was scaled: 1 for all of a whole axis
 */
export function kernelInto(
  axis: PathAxis,
  out: Float32Array,
  orders: number,
  position: number,
  from: number,
  length: number,
): number {
  const { count, sine, cosine, peak, inverseSize } = axis;
  let nearest = Math.floor(fround(position + 0.5));
  const off = fround(position - nearest);
  if (nearest >= axis.size) nearest -= axis.size;
  const numerator = sineOfHalfTurns(off);
  const slope = cosineOfHalfTurns(off);
  const small = fround(off * inverseSize);
  const smallSine = sineOfHalfTurns(small);
  const smallCosine = cosineOfHalfTurns(small);
  const bent = fround(axis.bend * numerator);
  for (let r = 0, i = from; r < length; r++, i++) {
    if (i === count) i = 0;
    const d = nearest - i;
    if (d === 0) {
      peakInto(peak, out, r, orders === 3 ? length : 0, off);
      continue;
    }
    const tableSine = sine[d + count] as number;
    const tableCosine = cosine[d + count] as number;
    const s = fround(fround(tableSine * smallCosine) + fround(tableCosine * smallSine));
    const weight = fround(inverseSize / s);
    const value = fround(numerator * weight);
    out[r] = value;
    if (orders === 3) {
      const c = fround(fround(tableCosine * smallCosine) - fround(tableSine * smallSine));
      const first = fround(fround(PI * weight) * fround(slope - fround(value * c)));
      out[length + r] = first;
      out[2 * length + r] = fround(weight * fround(bent + fround(fround(MINUS_TWO_PI * c) * first)));
    }
  }
  return axis.size === length ? 1 : normalise(out, length, orders);
}

/** The entry at the peak, where the closed form divides zero by zero. */
function peakInto(peak: Float32Array, out: Float32Array, at: number, stride: number, off: number): void {
  const square = fround(off * off);
  let value = 0;
  let first = 0;
  let second = 0;
  for (let m = PEAK_TERMS - 1; m >= 0; m--) {
    const term = peak[m] as number;
    value = fround(fround(value * square) + term);
    if (m > 0) {
      first = fround(fround(first * square) + fround(2 * m * term));
      second = fround(fround(second * square) + fround(2 * m * (2 * m - 1) * term));
    }
  }
  out[at] = value;
  if (stride > 0) {
    out[at + stride] = fround(first * off);
    out[at + 2 * stride] = second;
  }
}

/** Scales a kernel to unit energy, its derivatives becoming those of the scaled kernel. */
function normalise(out: Float32Array, count: number, orders: number): number {
  const norm = fround(Math.sqrt(innerProduct(out, 0, out, 0, count)));
  const inverse = fround(1 / norm);
  for (let i = 0; i < count; i++) out[i] = fround((out[i] as number) * inverse);
  if (orders === 3) {
    const one = count;
    const two = one + count;
    // norm k = r: norm' = k r', norm'' = (|r'|^2 + r r'' - norm'^2) / norm.
    const rise = innerProduct(out, 0, out, one, count);
    const along = innerProduct(out, 0, out, two, count);
    const square = innerProduct(out, one, out, one, count);
    const curve = fround(along + fround(fround(square - fround(rise * rise)) * inverse));
    const twiceRise = fround(2 * rise);
    for (let i = 0; i < count; i++) {
      const value = out[i] as number;
      const first = fround(fround((out[one + i] as number) - fround(rise * value)) * inverse);
      out[one + i] = first;
      const rest = fround(fround(twiceRise * first) + fround(curve * value));
      out[two + i] = fround(fround((out[two + i] as number) - rest) * inverse);
    }
  }
  return norm;
}

/** Sum of products of two stretches of float32, as four sums of every fourth one: some machines add four at once. */
export function innerProduct(a: Float32Array, atA: number, b: Float32Array, atB: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    s0 = fround(s0 + fround((a[atA + i] as number) * (b[atB + i] as number)));
    s1 = fround(s1 + fround((a[atA + i + 1] as number) * (b[atB + i + 1] as number)));
    s2 = fround(s2 + fround((a[atA + i + 2] as number) * (b[atB + i + 2] as number)));
    s3 = fround(s3 + fround((a[atA + i + 3] as number) * (b[atB + i + 3] as number)));
  }
  for (; i < count; i++) s0 = fround(s0 + fround((a[atA + i] as number) * (b[atB + i] as number)));
  return fround(fround(s0 + s1) + fround(s2 + s3));
}
