import { innerProduct, type PathAxis } from './axis.ts';
import { FRESH, isTaken, type PathCodes } from './codes.ts';
import { probeAt, takeOthers, VALUE } from './correlate.ts';
import { type KnownPaths, knownPosition } from './known.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

/** Computes what of known places does not change while paths move: the matrix has to be there. */
export function holdKnown(space: PathSpace, list: KnownPaths): void {
  const { known, probe, stride, beside, seenRe, seenIm } = space;
  for (let index = 0; index < list.count; index++) {
    for (let axis = 0; axis < 3; axis++) beside[axis] = knownPosition(list, index, axis);
    probeAt(space, beside);
    let at = index * stride;
    for (const kernel of probe) {
      known.kernels.set(kernel, at);
      at += kernel.length;
    }
    known.re[index] = seenRe[VALUE] as number;
    known.im[index] = seenIm[VALUE] as number;
  }
  known.moved.fill(1);
}

/** Computes inner products of known places with paths that have moved. */
function followPaths(space: PathSpace, { count }: KnownPaths): void {
  const { known, axes, kernels, stride, capacity } = space;
  const [one, two, delay] = axes.map((axis: PathAxis) => axis.count) as [number, number, number];
  for (let j = 0; j < space.count; j++) {
    if (known.moved[j] === 0) continue;
    known.moved[j] = 0;
    const at = j * stride;
    for (let index = 0, from = 0; index < count; index++, from += stride) {
      let product = innerProduct(known.kernels, from, kernels, at, one);
      if (two > 1) product = fround(product * innerProduct(known.kernels, from + one, kernels, at + one, two));
      const alongDelay = innerProduct(known.kernels, from + one + two, kernels, at + one + two, delay);
      known.products[index * capacity + j] = fround(product * alongDelay);
    }
  }
}

/** Probes a known place; `space.cells` are those of a path there. */
export function probeKnown(space: PathSpace, codes: PathCodes, index: number): void {
  const { list } = codes;
  if (list === undefined) return;
  followPaths(space, list);
  const { known, probe, stride, capacity, products, seenRe, seenIm } = space;
  space.cells.fill(0);
  let at = index * stride;
  for (const kernel of probe) {
    for (let i = 0; i < kernel.length; i++) kernel[i] = known.kernels[at + i] as number;
    at += kernel.length;
  }
  for (let j = 0; j < space.count; j++) products[j] = known.products[index * capacity + j] as number;
  seenRe[VALUE] = known.re[index] as number;
  seenIm[VALUE] = known.im[index] as number;
}

/** The free known place that takes most of what all paths but path k leave; `FRESH` where none is free. */
export function bestKnown(space: PathSpace, codes: PathCodes, k: number): number {
  const { list } = codes;
  if (list === undefined) return FRESH;
  followPaths(space, list);
  const { known, seenRe, seenIm } = space;
  let best = FRESH;
  let most = 0;
  for (let index = 0; index < list.count; index++) {
    if (codes.reference[k] !== index && isTaken(codes, codes.count, index)) continue;
    seenRe[VALUE] = known.re[index] as number;
    seenIm[VALUE] = known.im[index] as number;
    takeOthers(space, k, known.products, index * space.capacity);
    const re = seenRe[VALUE] as number;
    const im = seenIm[VALUE] as number;
    const power = fround(fround(re * re) + fround(im * im));
    if (!(power > most)) continue;
    most = power;
    best = index;
  }
  return best;
}
