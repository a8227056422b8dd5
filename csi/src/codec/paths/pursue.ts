import { innerProduct, ontoAxis, type PathAxis } from './axis.ts';
import { FIRST_STEPS, LEAST_GAIN } from './constants.ts';
import { correlateNear, hearAlone, probeAt, takeOthers, takeOthersNear, VALUE } from './correlate.ts';
import { newtonStep } from './newton.ts';
import { solveGains } from './solve.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

/** Makes the candidate that `probeAt` left path k; its inner products with itself and the others are the candidate's. */
export function storePath(space: PathSpace, k: number): void {
  const { axes, kernels, stride, capacity, gram, probe, products } = space;
  for (let axis = 0, to = k * stride; axis < 3; axis++) {
    const { count } = axes[axis] as PathAxis;
    const kernel = probe[axis] as Float32Array;
    for (let i = 0; i < count; i++) kernels[to + i] = kernel[i] as number;
    to += count;
  }
  space.known.moved[k] = 1;
  products[k] = 1;
  for (let j = 0; j < space.count; j++) {
    gram[k * capacity + j] = products[j] as number;
    gram[j * capacity + k] = products[j] as number;
  }
}

function setPlace(space: PathSpace, k: number, place: Float32Array): void {
  for (let axis = 0; axis < 3; axis++) space.position[3 * k + axis] = place[axis] as number;
}

/** Writes what the paths leave of the matrix. @returns its energy */
export function residualInto(space: PathSpace): number {
  const { re, im, restRe, restIm, kernels, stride, axes } = space;
  const rows = axes[0].count;
  const columns = axes[1].count;
  const delays = axes[2].count;
  for (let i = 0; i < re.length; i++) {
    restRe[i] = re[i] as number;
    restIm[i] = im[i] as number;
  }
  for (let k = 0; k < space.count; k++) {
    const gainRe = space.gainRe[k] as number;
    const gainIm = space.gainIm[k] as number;
    const at1 = k * stride;
    const at2 = at1 + rows;
    const at3 = at2 + columns;
    for (let row = 0, at = 0; row < rows * columns; row++, at += delays) {
      const i = Math.floor(row / columns);
      let weight = kernels[at1 + i] as number;
      if (columns > 1) weight = fround(weight * (kernels[at2 + row - i * columns] as number));
      const x = fround(weight * gainRe);
      const y = fround(weight * gainIm);
      for (let t = 0; t < delays; t++) {
        const k3 = kernels[at3 + t] as number;
        restRe[at + t] = fround((restRe[at + t] as number) - fround(x * k3));
        restIm[at + t] = fround((restIm[at + t] as number) - fround(y * k3));
      }
    }
  }
  return fround(innerProduct(restRe, 0, restRe, 0, re.length) + innerProduct(restIm, 0, restIm, 0, re.length));
}

/**
 * Finds the place that takes most of the residual: between its largest entry and the larger of each two beside it, then
 * Newton steps.
 */
function findPlace(space: PathSpace): void {
  const { restRe, restIm, axes, place } = space;
  let most = -1;
  let peak = 0;
  for (let i = 0; i < restRe.length; i++) {
    const power = powerOfRest(space, i);
    if (power > most) {
      most = power;
      peak = i;
    }
  }
  const delays = axes[2].count;
  const columns = axes[1].count;
  const row = Math.floor(peak / delays);
  const bin = Math.floor(row / columns);
  const bins = [bin, row - bin * columns, peak - row * delays];
  for (let axis = 0, stride = columns * delays; axis < 3; axis++) {
    place[axis] = between(space, axis, bins[axis] as number, peak, stride, fround(Math.sqrt(most)));
    stride = axis === 0 ? delays : 1;
  }
  for (let step = 0; step < FIRST_STEPS; step++) {
    correlateNear(space, place, restRe, restIm);
    newtonStep(space, place);
  }
}

function powerOfRest(space: PathSpace, at: number): number {
  const x = space.restRe[at] as number;
  const y = space.restIm[at] as number;
  return fround(fround(x * x) + fround(y * y));
}

/**
 * Place of a path along one axis by its largest entry and the larger neighbour: off the grid by e it shows in both, as 1 - e
 * to e.
 *
 * @param top - magnitude of the largest entry, number `peak` of the residual @param stride - entries from bin to bin
 */
function between(space: PathSpace, axis: number, bin: number, peak: number, stride: number, top: number): number {
  const { count, whole } = space.axes[axis] as PathAxis;
  if (count === 1) return 0;
  const wrap = count * stride;
  const below = bin > 0 ? powerOfRest(space, peak - stride) : whole ? powerOfRest(space, peak - stride + wrap) : 0;
  const last = bin === count - 1;
  const above = last ? (whole ? powerOfRest(space, peak + stride - wrap) : 0) : powerOfRest(space, peak + stride);
  const beside = fround(Math.sqrt(above > below ? above : below));
  const off = fround(beside / fround(top + beside));
  return ontoAxis(space.axes[axis] as PathAxis, fround(above > below ? bin + off : bin - off));
}

function powerSeen(space: PathSpace): number {
  const re = space.seenRe[VALUE] as number;
  const im = space.seenIm[VALUE] as number;
  return fround(fround(re * re) + fround(im * im));
}

/** Solves for the gains of all paths. */
export function solveAll(space: PathSpace): void {
  for (let k = 0; k < space.count; k++) space.order[k] = k;
  solveGains(space, space.count);
}

/**
 * Adds the path that takes most of the residual, which `residualInto` has written.
 *
 * @returns the energy it takes, before the others make room
 */
export function addPath(space: PathSpace): number {
  findPlace(space);
  const { place } = space;
  const k = space.count;
  probeAt(space, place);
  hear(space, k);
  setPlace(space, k, place);
  space.count++;
  storePath(space, k);
  hearAlone(space, k);
  const power = powerSeen(space);
  solveAll(space);
  return power;
}

/** Notes the candidate's correlation as path k's. */
export function hear(space: PathSpace, k: number): void {
  space.heardRe[k] = space.seenRe[VALUE] as number;
  space.heardIm[k] = space.seenIm[VALUE] as number;
}

/**
 * Moves every path by a Newton step with the others held, where it gains something, and solves for all gains then.
 *
 * @param power - what the latest path took
 */
export function moveAll(space: PathSpace, power: number): void {
  const { position, place, products } = space;
  const least = fround(power * LEAST_GAIN);
  for (let k = 0; k < space.count; k++) {
    for (let axis = 0; axis < 3; axis++) place[axis] = position[3 * k + axis] as number;
    correlateNear(space, place, space.re, space.im);
    takeOthersNear(space, k);
    if (!(newtonStep(space, place) > least)) continue;
    hearAlone(space, k);
    const before = powerSeen(space);
    probeAt(space, place);
    const re = space.seenRe[VALUE] as number;
    const im = space.seenIm[VALUE] as number;
    takeOthers(space, k, products, 0);
    // A step too long is not taken.
    if (!(powerSeen(space) > before)) continue;
    space.heardRe[k] = re;
    space.heardIm[k] = im;
    space.gainRe[k] = space.seenRe[VALUE] as number;
    space.gainIm[k] = space.seenIm[VALUE] as number;
    setPlace(space, k, place);
    storePath(space, k);
  }
  solveAll(space);
}
