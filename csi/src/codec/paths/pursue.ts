import { innerProduct } from './axis.ts';
import { newtonStep } from './newton.ts';
import { solveGains } from './solve.ts';
import { correlate, type PathSpace, probeAt, withoutOthers } from './space.ts';

const { fround } = Math;
const half = fround(0.5);

/** Newton steps from the best half bin to a new path's place. */
const FIRST_STEPS = 2;

/** Makes the candidate's kernels those of path k, and updates the inner products. */
export function storePath(space: PathSpace, k: number): void {
  const { axes, kernels, stride, capacity, gram, probe } = space;
  for (let axis = 0, to = k * stride; axis < 3; axis++) {
    const { count } = axes[axis] as (typeof axes)[0];
    const kernel = probe[axis] as Float32Array;
    for (let i = 0; i < count; i++) kernels[to + i] = kernel[i] as number;
    to += count;
  }
  const [one, two, delay] = axes;
  for (let j = 0; j < space.count; j++) {
    const a = k * stride;
    const b = j * stride;
    let product = innerProduct(kernels, a, kernels, b, one.count);
    if (two.count > 1) {
      product = fround(product * innerProduct(kernels, a + one.count, kernels, b + one.count, two.count));
    }
    const rest = one.count + two.count;
    product = fround(product * innerProduct(kernels, a + rest, kernels, b + rest, delay.count));
    if (j === k) product = 1;
    gram[k * capacity + j] = product;
    gram[j * capacity + k] = product;
  }
}

export function setPlace(space: PathSpace, k: number, place: Float32Array): void {
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

/** Finds the place that takes most of the residual: its largest entry, the best half bin beside it, Newton steps. */
function findPlace(space: PathSpace): void {
  const { restRe, restIm, axes, place, beside } = space;
  let most = -1;
  let peak = 0;
  for (let i = 0; i < restRe.length; i++) {
    const x = restRe[i] as number;
    const y = restIm[i] as number;
    const power = fround(fround(x * x) + fround(y * y));
    if (power > most) {
      most = power;
      peak = i;
    }
  }
  const delays = axes[2].count;
  const columns = axes[1].count;
  const row = Math.floor(peak / delays);
  const binOne = Math.floor(row / columns);
  const binTwo = row - binOne * columns;
  const binDelay = peak - row * delays;
  place[0] = binOne;
  place[1] = binTwo;
  place[2] = binDelay;
  // On the grid the correlation is the entry itself.
  let best = most;
  for (let a = axes[0].count > 1 ? -1 : 0; a <= (axes[0].count > 1 ? 1 : 0); a++) {
    for (let b = columns > 1 ? -1 : 0; b <= (columns > 1 ? 1 : 0); b++) {
      for (let d = -1; d <= 1; d++) {
        const delay = fround(binDelay + d * half);
        if ((a === 0 && b === 0 && d === 0) || delay < 0 || delay > axes[2].last) continue;
        beside[0] = wrapped(fround(binOne + a * half), axes[0].size);
        beside[1] = wrapped(fround(binTwo + b * half), axes[1].size);
        beside[2] = delay;
        probeAt(space, beside, 1);
        correlate(space, restRe, restIm, 1);
        const power = powerSeen(space);
        if (power > best) {
          best = power;
          place.set(beside);
        }
      }
    }
  }
  for (let step = 0; step < FIRST_STEPS; step++) {
    probeAt(space, place, 3);
    correlate(space, restRe, restIm, 3);
    newtonStep(space, place);
  }
}

function wrapped(position: number, size: number): number {
  return position < 0 ? fround(position + size) : position >= size ? fround(position - size) : position;
}

function powerSeen(space: PathSpace): number {
  const re = space.seenRe[0] as number;
  const im = space.seenIm[0] as number;
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
  const k = space.count++;
  space.gainRe[k] = 0;
  space.gainIm[k] = 0;
  probeAt(space, place, 1);
  correlate(space, space.re, space.im, 1);
  space.heardRe[k] = space.seenRe[0] as number;
  space.heardIm[k] = space.seenIm[0] as number;
  setPlace(space, k, place);
  storePath(space, k);
  withoutOthers(space, k, 1);
  const power = powerSeen(space);
  solveAll(space);
  return power;
}

/** Moves every path by a Newton step with the others held, and solves for all gains after each. */
export function moveAll(space: PathSpace): void {
  const { position, heardRe, heardIm, place } = space;
  for (let k = 0; k < space.count; k++) {
    for (let axis = 0; axis < 3; axis++) place[axis] = position[3 * k + axis] as number;
    probeAt(space, place, 3);
    correlate(space, space.re, space.im, 3);
    withoutOthers(space, k, 3);
    const before = powerSeen(space);
    newtonStep(space, place);
    probeAt(space, place, 1);
    correlate(space, space.re, space.im, 1);
    const re = space.seenRe[0] as number;
    const im = space.seenIm[0] as number;
    withoutOthers(space, k, 1);
    // A step too long is not taken.
    if (!(powerSeen(space) > before)) continue;
    heardRe[k] = re;
    heardIm[k] = im;
    setPlace(space, k, place);
    storePath(space, k);
    solveAll(space);
  }
}
