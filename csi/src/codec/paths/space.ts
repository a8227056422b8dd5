import { createAxis, innerProduct, kernelInto, type PathAxis } from './axis.ts';

const { fround } = Math;

/** Derivatives of a correlation up to the second, by order along angle 1, angle 2 and delay. */
export const DERIVATIVES = 10;
const VALUE = 0;
const FIRST = [1, 2, 3] as const;
const SECOND = [4, 5, 6] as const;
const MIXED_12 = 7;
const MIXED_13 = 8;
const MIXED_23 = 9;

/**
 * All an encoder works on: one matrix, and a list of paths beside it with their kernels, inner products and gains.
 * Flat, allocated once, of bounded size.
 *
 * A path is a product of one kernel an axis (angle 1, angle 2, delay; a linear array has one bin on the second). Kernels
 * are real, so are inner products of paths; correlations and gains are complex.
 */
export interface PathSpace {
  readonly axes: readonly [PathAxis, PathAxis, PathAxis];
  readonly capacity: number;
  /** The matrix, kernels' phases turned out, `[count 1][count 2][numDelays]`. */
  readonly re: Float32Array;
  readonly im: Float32Array;
  /** What the paths leave of it. */
  readonly restRe: Float32Array;
  readonly restIm: Float32Array;
  /** Energy of the matrix. */
  energy: number;

  /** Number of paths. */
  count: number;
  /** `[capacity][3]`, bins. */
  readonly position: Float32Array;
  /** `[capacity][count 1 + count 2 + numDelays]` */
  readonly kernels: Float32Array;
  readonly stride: number;
  /** Inner products of paths, `[capacity][capacity]`. */
  readonly gram: Float32Array;
  /** Correlations of the paths with the matrix, `[capacity]`. */
  readonly heardRe: Float32Array;
  readonly heardIm: Float32Array;
  /** Gains of the paths, of unit-energy kernels, `[capacity]`. */
  readonly gainRe: Float32Array;
  readonly gainIm: Float32Array;

  /** Where a candidate is, `[3]`, bins; one beside it; and its cells. */
  readonly place: Float32Array;
  readonly beside: Float32Array;
  readonly cells: Int32Array;
  /** Kernels of the candidate with derivatives, `[3][count]` an axis. */
  readonly probe: readonly [Float32Array, Float32Array, Float32Array];
  /** Correlation of the candidate and its derivatives. */
  readonly seenRe: Float32Array;
  readonly seenIm: Float32Array;
  readonly scratch: Float32Array;
  readonly scratch2: Float32Array;
  /** Factor and right-hand sides of least squares. */
  readonly factor: Float32Array;
  readonly order: Int32Array;
}

/** @param antennas - of each axis of the array @param capacity - most paths held */
export function createSpace(
  antennas: readonly [number, number],
  numDelays: number,
  numSubcarriers: number,
  capacity: number,
): PathSpace {
  const [one, two] = antennas;
  const entries = one * two * numDelays;
  const stride = one + two + numDelays;
  return {
    axes: [createAxis(one, one), createAxis(two, two), createAxis(numSubcarriers, numDelays)],
    capacity,
    re: new Float32Array(entries),
    im: new Float32Array(entries),
    restRe: new Float32Array(entries),
    restIm: new Float32Array(entries),
    energy: 0,
    count: 0,
    position: new Float32Array(3 * capacity),
    kernels: new Float32Array(capacity * stride),
    stride,
    gram: new Float32Array(capacity * capacity),
    heardRe: new Float32Array(capacity),
    heardIm: new Float32Array(capacity),
    gainRe: new Float32Array(capacity),
    gainIm: new Float32Array(capacity),
    place: new Float32Array(3),
    beside: new Float32Array(3),
    cells: new Int32Array(3),
    probe: [new Float32Array(3 * one), new Float32Array(3 * two), new Float32Array(3 * numDelays)],
    seenRe: new Float32Array(DERIVATIVES),
    seenIm: new Float32Array(DERIVATIVES),
    scratch: new Float32Array(6 * two * numDelays),
    scratch2: new Float32Array(12 * numDelays),
    factor: new Float32Array(capacity * capacity),
    order: new Int32Array(capacity),
  };
}

/** Computes the kernels of a candidate at `place`, `[3]`, with derivatives where `orders` is 3. */
export function probeAt(space: PathSpace, place: Float32Array, orders: number): void {
  kernelInto(space.axes[0], space.probe[0], 0, orders, place[0] as number);
  kernelInto(space.axes[1], space.probe[1], 0, orders, place[1] as number);
  kernelInto(space.axes[2], space.probe[2], 0, orders, place[2] as number);
}

/**
 * Correlates the candidate with a matrix, `sum k1_i k2_j k3_t X_ijt`, and where `orders` is 3 its derivatives too, one axis
 * after the other.
 */
export function correlate(space: PathSpace, re: Float32Array, im: Float32Array, orders: number): void {
  const { scratch, scratch2, seenRe, seenIm, probe } = space;
  const two = space.axes[1].count;
  const delays = space.axes[2].count;
  sumOverRows(probe[0], space.axes[0].count, re, im, two * delays, scratch, orders);
  let lines = scratch;
  if (two > 1) {
    sumOverColumns(probe[1], two, scratch, delays, scratch2, orders);
    lines = scratch2;
  }
  const width = two > 1 ? delays : two * delays;
  // Lines: 0 value, 1 and 2 derivatives along angle 1; 3, 4 along angle 2; 5 mixed. Real and imaginary alternate.
  for (let derivative = 0; derivative < DERIVATIVES; derivative++) {
    seenRe[derivative] = 0;
    seenIm[derivative] = 0;
  }
  dotLine(space, lines, width, 0, 0, VALUE);
  if (orders < 3) return;
  dotLine(space, lines, width, 0, 1, FIRST[2]);
  dotLine(space, lines, width, 0, 2, SECOND[2]);
  dotLine(space, lines, width, 1, 0, FIRST[0]);
  dotLine(space, lines, width, 1, 1, MIXED_13);
  dotLine(space, lines, width, 2, 0, SECOND[0]);
  if (two === 1) return;
  dotLine(space, lines, width, 3, 0, FIRST[1]);
  dotLine(space, lines, width, 3, 1, MIXED_23);
  dotLine(space, lines, width, 4, 0, SECOND[1]);
  dotLine(space, lines, width, 5, 0, MIXED_12);
}

/** Correlates one line of delays with one derivative of the delay kernel. */
function dotLine(space: PathSpace, lines: Float32Array, width: number, line: number, order: number, to: number): void {
  const at = order * width;
  space.seenRe[to] = innerProduct(space.probe[2], at, lines, 2 * line * width, width);
  space.seenIm[to] = innerProduct(space.probe[2], at, lines, (2 * line + 1) * width, width);
}

/** `out[order][re, im][m] = sum_i kernel[order][i] X[i][m]` */
function sumOverRows(
  kernel: Float32Array,
  rows: number,
  re: Float32Array,
  im: Float32Array,
  width: number,
  out: Float32Array,
  orders: number,
): void {
  for (let m = 0; m < width; m++) {
    let valueRe = 0;
    let valueIm = 0;
    if (orders < 3) {
      for (let i = 0, at = m; i < rows; i++, at += width) {
        const k = kernel[i] as number;
        valueRe = fround(valueRe + fround(k * (re[at] as number)));
        valueIm = fround(valueIm + fround(k * (im[at] as number)));
      }
    } else {
      let firstRe = 0;
      let firstIm = 0;
      let secondRe = 0;
      let secondIm = 0;
      for (let i = 0, at = m; i < rows; i++, at += width) {
        const x = re[at] as number;
        const y = im[at] as number;
        const k = kernel[i] as number;
        const first = kernel[rows + i] as number;
        const second = kernel[2 * rows + i] as number;
        valueRe = fround(valueRe + fround(k * x));
        valueIm = fround(valueIm + fround(k * y));
        firstRe = fround(firstRe + fround(first * x));
        firstIm = fround(firstIm + fround(first * y));
        secondRe = fround(secondRe + fround(second * x));
        secondIm = fround(secondIm + fround(second * y));
      }
      out[2 * width + m] = firstRe;
      out[3 * width + m] = firstIm;
      out[4 * width + m] = secondRe;
      out[5 * width + m] = secondIm;
    }
    out[m] = valueRe;
    out[width + m] = valueIm;
  }
}

/** The same over the second angle: six lines of `delays`, each real then imaginary. */
function sumOverColumns(
  kernel: Float32Array,
  columns: number,
  rows: Float32Array,
  delays: number,
  out: Float32Array,
  orders: number,
): void {
  const width = columns * delays;
  const lines = orders === 3 ? 6 : 1;
  for (let line = 0; line < lines; line++) {
    const rowOrder = line < 3 ? line : line === 5 ? 1 : 0;
    const order = line < 3 ? 0 : line === 4 ? 2 : 1;
    for (let part = 0; part < 2; part++) {
      const from = (2 * rowOrder + part) * width;
      const to = (2 * line + part) * delays;
      for (let t = 0; t < delays; t++) {
        let sum = 0;
        for (let j = 0; j < columns; j++) {
          sum = fround(sum + fround((kernel[order * columns + j] as number) * (rows[from + j * delays + t] as number)));
        }
        out[to + t] = sum;
      }
    }
  }
}

/** Takes what all paths but one contribute out of the candidate's correlation and its derivatives. */
export function withoutOthers(space: PathSpace, skip: number, orders: number): void {
  const [one, two, delay] = space.axes;
  const [k1, k2, k3] = space.probe;
  const { kernels, stride, seenRe, seenIm } = space;
  for (let j = 0; j < space.count; j++) {
    const re = space.gainRe[j] as number;
    const im = space.gainIm[j] as number;
    if (j === skip || (re === 0 && im === 0)) continue;
    const at1 = j * stride;
    const at2 = at1 + one.count;
    const at3 = at2 + two.count;
    const a0 = innerProduct(k1, 0, kernels, at1, one.count);
    const b0 = two.count === 1 ? 1 : innerProduct(k2, 0, kernels, at2, two.count);
    const d0 = innerProduct(k3, 0, kernels, at3, delay.count);
    const ab = fround(a0 * b0);
    take(seenRe, seenIm, VALUE, fround(ab * d0), re, im);
    if (orders < 3) continue;
    const a1 = innerProduct(k1, one.count, kernels, at1, one.count);
    const a2 = innerProduct(k1, 2 * one.count, kernels, at1, one.count);
    const d1 = innerProduct(k3, delay.count, kernels, at3, delay.count);
    const d2 = innerProduct(k3, 2 * delay.count, kernels, at3, delay.count);
    const bd = fround(b0 * d0);
    take(seenRe, seenIm, FIRST[0], fround(a1 * bd), re, im);
    take(seenRe, seenIm, SECOND[0], fround(a2 * bd), re, im);
    take(seenRe, seenIm, FIRST[2], fround(ab * d1), re, im);
    take(seenRe, seenIm, SECOND[2], fround(ab * d2), re, im);
    take(seenRe, seenIm, MIXED_13, fround(fround(a1 * b0) * d1), re, im);
    if (two.count === 1) continue;
    const b1 = innerProduct(k2, two.count, kernels, at2, two.count);
    const b2 = innerProduct(k2, 2 * two.count, kernels, at2, two.count);
    take(seenRe, seenIm, FIRST[1], fround(fround(a0 * b1) * d0), re, im);
    take(seenRe, seenIm, SECOND[1], fround(fround(a0 * b2) * d0), re, im);
    take(seenRe, seenIm, MIXED_12, fround(fround(a1 * b1) * d0), re, im);
    take(seenRe, seenIm, MIXED_23, fround(fround(a0 * b1) * d1), re, im);
  }
}

function take(seenRe: Float32Array, seenIm: Float32Array, to: number, product: number, re: number, im: number): void {
  seenRe[to] = fround((seenRe[to] as number) - fround(product * re));
  seenIm[to] = fround((seenIm[to] as number) - fround(product * im));
}
