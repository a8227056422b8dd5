import { innerProduct, kernelInto, type PathAxis } from './axis.ts';
import { type Derivatives, NEAR_LINES, type PathSpace } from './space.ts';

const { fround } = Math;

/** Order of `space.seen*`: the value, then derivatives by angle 1, angle 2 and delay. */
export const VALUE = 0;
const FIRST = [1, 2, 3] as const;
const SECOND = [4, 5, 6] as const;
const MIXED_12 = 7;
const MIXED_13 = 8;
const MIXED_23 = 9;

/** Computes the kernels of a candidate, its correlation with the matrix, `sum k1_i k2_j k3_t X_ijt`, and `products`. */
export function probeAt(space: PathSpace, place: Float32Array): void {
  const { axes, probe, lines, re, im, products, kernels, stride, seenRe, seenIm } = space;
  const [one, two, delay] = axes;
  const [k1, k2, k3] = probe;
  kernelInto(one, k1, 1, place[0] as number, 0, one.count);
  kernelInto(two, k2, 1, place[1] as number, 0, two.count);
  kernelInto(delay, k3, 1, place[2] as number, 0, delay.count);
  const delays = delay.count;
  lines.fill(0, 0, 2 * delays);
  for (let i = 0, at = 0; i < one.count; i++) {
    for (let j = 0; j < two.count; j++, at += delays) {
      const weight = fround((k1[i] as number) * (k2[j] as number));
      addLine(lines, 0, weight, re, at, delays);
      addLine(lines, delays, weight, im, at, delays);
    }
  }
  seenRe[VALUE] = innerProduct(k3, 0, lines, 0, delays);
  seenIm[VALUE] = innerProduct(k3, 0, lines, delays, delays);
  for (let j = 0, at = 0; j < space.count; j++, at += stride) {
    const delayAt = at + one.count + two.count;
    let product = innerProduct(k1, 0, kernels, at, one.count);
    if (two.count > 1) product = fround(product * innerProduct(k2, 0, kernels, at + one.count, two.count));
    products[j] = fround(product * innerProduct(k3, 0, kernels, delayAt, delays));
  }
}

/** Takes what all paths but `skip` contribute out of a correlation, in `space.seen*`. @param row - inner products */
export function takeOthers(space: PathSpace, skip: number, row: Float32Array, at: number): void {
  let re = space.seenRe[VALUE] as number;
  let im = space.seenIm[VALUE] as number;
  for (let j = 0; j < space.count; j++) {
    if (j === skip) continue;
    const product = row[at + j] as number;
    re = fround(re - fround(product * (space.gainRe[j] as number)));
    im = fround(im - fround(product * (space.gainIm[j] as number)));
  }
  space.seenRe[VALUE] = re;
  space.seenIm[VALUE] = im;
}

/** What all other paths leave of path k's correlation with the matrix, in `space.seen*`. */
export function hearAlone(space: PathSpace, k: number): void {
  space.seenRe[VALUE] = space.heardRe[k] as number;
  space.seenIm[VALUE] = space.heardIm[k] as number;
  takeOthers(space, k, space.gram, k * space.capacity);
}

function addLine(lines: Float32Array, to: number, weight: number, from: Float32Array, at: number, count: number): void {
  for (let t = 0; t < count; t++) {
    lines[to + t] = fround((lines[to + t] as number) + fround(weight * (from[at + t] as number)));
  }
}

/**
 * Correlates a matrix with the stretches of a candidate's kernels near it, and their derivatives: a path shows where it is
 * in a few bins, so a move needs no more.
 */
export function correlateNear(space: PathSpace, place: Float32Array, re: Float32Array, im: Float32Array): void {
  const { axes, near, nearFrom, nearLength, lines } = space;
  for (let axis = 0; axis < 3; axis++) {
    const length = nearLength[axis] as number;
    const from = firstNear(axes[axis] as PathAxis, place[axis] as number, length);
    nearFrom[axis] = from;
    kernelInto(axes[axis] as PathAxis, near[axis] as Float32Array, 3, place[axis] as number, from, length);
  }
  const [rows, columns, width] = nearLength;
  const [one, two, delay] = axes;
  const planar = two.count > 1;
  lines.fill(0, 0, 2 * (planar ? NEAR_LINES : 3) * width);
  const [k1, k2] = near;
  for (let r = 0, i = nearFrom[0] as number; r < rows; r++, i++) {
    if (i === one.count) i = 0;
    const a0 = k1[r] as number;
    const a1 = k1[rows + r] as number;
    const a2 = k1[2 * rows + r] as number;
    for (let c = 0, j = nearFrom[1] as number; c < columns; c++, j++) {
      if (j === two.count) j = 0;
      const at = (i * two.count + j) * delay.count + (nearFrom[2] as number);
      const b0 = k2[c] as number;
      addPair(lines, 0, fround(a0 * b0), re, im, at, width);
      addPair(lines, 1, fround(a1 * b0), re, im, at, width);
      addPair(lines, 2, fround(a2 * b0), re, im, at, width);
      if (!planar) continue;
      const b1 = k2[columns + c] as number;
      addPair(lines, 3, fround(a0 * b1), re, im, at, width);
      addPair(lines, 4, fround(a0 * (k2[2 * columns + c] as number)), re, im, at, width);
      addPair(lines, 5, fround(a1 * b1), re, im, at, width);
    }
  }
  dotLine(space, width, 0, 0, VALUE);
  dotLine(space, width, 0, 1, FIRST[2]);
  dotLine(space, width, 0, 2, SECOND[2]);
  dotLine(space, width, 1, 0, FIRST[0]);
  dotLine(space, width, 1, 1, MIXED_13);
  dotLine(space, width, 2, 0, SECOND[0]);
  if (!planar) return;
  dotLine(space, width, 3, 0, FIRST[1]);
  dotLine(space, width, 3, 1, MIXED_23);
  dotLine(space, width, 4, 0, SECOND[1]);
  dotLine(space, width, 5, 0, MIXED_12);
}

/** First bin of a stretch around a position. */
function firstNear(axis: PathAxis, position: number, length: number): number {
  if (length === axis.count) return 0;
  const from = Math.floor(position) - (length >> 1) + 1;
  if (axis.whole) return from < 0 ? from + axis.count : from >= axis.count ? from - axis.count : from;
  return from < 0 ? 0 : from > axis.count - length ? axis.count - length : from;
}

/** Adds a stretch of one row of the matrix to a line of sums, real then imaginary. */
function addPair(
  lines: Float32Array,
  line: number,
  weight: number,
  re: Float32Array,
  im: Float32Array,
  at: number,
  width: number,
): void {
  addLine(lines, 2 * line * width, weight, re, at, width);
  addLine(lines, (2 * line + 1) * width, weight, im, at, width);
}

/** Correlates one line with one derivative of the delay kernel. */
function dotLine(space: PathSpace, width: number, line: number, order: number, to: number): void {
  const kernel = space.near[2];
  space.seenRe[to] = innerProduct(kernel, order * width, space.lines, 2 * line * width, width);
  space.seenIm[to] = innerProduct(kernel, order * width, space.lines, (2 * line + 1) * width, width);
}

/** Takes what all paths but one contribute out of what `correlateNear` left. */
export function takeOthersNear(space: PathSpace, skip: number): void {
  const { seenRe, seenIm } = space;
  const planar = space.axes[1].count > 1;
  const { a, b, d } = space.nearProducts;
  for (let j = 0; j < space.count; j++) {
    const re = space.gainRe[j] as number;
    const im = space.gainIm[j] as number;
    if (j === skip || (re === 0 && im === 0)) continue;
    nearProducts(space, 0, j, a);
    nearProducts(space, 1, j, b);
    nearProducts(space, 2, j, d);
    const [a0, a1, a2] = a;
    const [b0, b1, b2] = b;
    const [d0, d1, d2] = d;
    const ab = fround(a0 * b0);
    const bd = fround(b0 * d0);
    take(seenRe, seenIm, VALUE, fround(ab * d0), re, im);
    take(seenRe, seenIm, FIRST[0], fround(a1 * bd), re, im);
    take(seenRe, seenIm, SECOND[0], fround(a2 * bd), re, im);
    take(seenRe, seenIm, FIRST[2], fround(ab * d1), re, im);
    take(seenRe, seenIm, SECOND[2], fround(ab * d2), re, im);
    take(seenRe, seenIm, MIXED_13, fround(fround(a1 * b0) * d1), re, im);
    if (!planar) continue;
    take(seenRe, seenIm, FIRST[1], fround(fround(a0 * b1) * d0), re, im);
    take(seenRe, seenIm, SECOND[1], fround(fround(a0 * b2) * d0), re, im);
    take(seenRe, seenIm, MIXED_12, fround(fround(a1 * b1) * d0), re, im);
    take(seenRe, seenIm, MIXED_23, fround(fround(a0 * b1) * d1), re, im);
  }
}

/** Inner products of a stretch and its derivatives with path j's kernel along an axis, `[3]`. */
function nearProducts(space: PathSpace, axis: number, j: number, out: Derivatives): void {
  const length = space.nearLength[axis] as number;
  const { count } = space.axes[axis] as PathAxis;
  const near = space.near[axis] as Float32Array;
  let at = j * space.stride;
  for (let before = 0; before < axis; before++) at += (space.axes[before] as PathAxis).count;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  for (let r = 0, i = space.nearFrom[axis] as number; r < length; r++, i++) {
    if (i === count) i = 0;
    const k = space.kernels[at + i] as number;
    s0 = fround(s0 + fround((near[r] as number) * k));
    s1 = fround(s1 + fround((near[length + r] as number) * k));
    s2 = fround(s2 + fround((near[2 * length + r] as number) * k));
  }
  out[0] = s0;
  out[1] = s1;
  out[2] = s2;
}

function take(seenRe: Float32Array, seenIm: Float32Array, to: number, product: number, re: number, im: number): void {
  seenRe[to] = fround((seenRe[to] as number) - fround(product * re));
  seenIm[to] = fround((seenIm[to] as number) - fround(product * im));
}
