import { innerProduct } from './axis.ts';
import { LEAST_PIVOT, RIDGE } from './constants.ts';
import { VALUE } from './correlate.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

/**
 * Solves least squares for the gains of some paths, the gains of all others held: a Cholesky factorisation of their
 * inner products, which are real, and one right-hand side for real and imaginary parts each.
 *
 * @param free - how many of `space.order`, indices of all paths, to solve for; those after them keep their gains
 */
export function solveGains(space: PathSpace, free: number): void {
  const { capacity, gram, factor, order, gainRe, gainIm, seenRe, seenIm } = space;
  for (let a = 0; a < free; a++) {
    const k = order[a] as number;
    gainRe[k] = 0;
    gainIm[k] = 0;
  }
  for (let a = 0; a < free; a++) {
    const row = a * capacity;
    const k = order[a] as number;
    for (let b = 0; b <= a; b++) {
      const value = gram[k * capacity + (order[b] as number)] as number;
      let sum = fround(a === b ? fround(value + RIDGE) : value);
      sum = fround(sum - innerProduct(factor, row, factor, b * capacity, b));
      if (a !== b) {
        const pivot = factor[b * capacity + b] as number;
        factor[row + b] = pivot === 0 ? 0 : fround(sum / pivot);
      } else factor[row + a] = sum > LEAST_PIVOT ? fround(Math.sqrt(sum)) : 0;
    }
  }
  // Forward: the right-hand side is what the held paths leave of each correlation.
  for (let a = 0; a < free; a++) {
    const k = order[a] as number;
    hearBesideHeld(space, k, free);
    let re = seenRe[VALUE] as number;
    let im = seenIm[VALUE] as number;
    for (let b = 0; b < a; b++) {
      const l = factor[a * capacity + b] as number;
      const j = order[b] as number;
      re = fround(re - fround(l * (gainRe[j] as number)));
      im = fround(im - fround(l * (gainIm[j] as number)));
    }
    const pivot = factor[a * capacity + a] as number;
    gainRe[k] = pivot === 0 ? 0 : fround(re / pivot);
    gainIm[k] = pivot === 0 ? 0 : fround(im / pivot);
  }
  for (let a = free - 1; a >= 0; a--) {
    const k = order[a] as number;
    const pivot = factor[a * capacity + a] as number;
    let re = gainRe[k] as number;
    let im = gainIm[k] as number;
    for (let b = a + 1; b < free; b++) {
      const l = factor[b * capacity + a] as number;
      const j = order[b] as number;
      re = fround(re - fround(l * (gainRe[j] as number)));
      im = fround(im - fround(l * (gainIm[j] as number)));
    }
    gainRe[k] = pivot === 0 ? 0 : fround(re / pivot);
    gainIm[k] = pivot === 0 ? 0 : fround(im / pivot);
  }
}

/** Energy that the free paths take of what the held ones leave, once `solveGains` has solved for them. */
export function energyTaken(space: PathSpace, free: number): number {
  const { order, gainRe, gainIm, seenRe, seenIm } = space;
  let taken = 0;
  for (let a = 0; a < free; a++) {
    const k = order[a] as number;
    hearBesideHeld(space, k, free);
    const re = seenRe[VALUE] as number;
    const im = seenIm[VALUE] as number;
    taken = fround(taken + fround(fround(re * (gainRe[k] as number)) + fround(im * (gainIm[k] as number))));
  }
  return taken;
}

/** What the held paths, those of `space.order` from `free` on, leave of path k's correlation with the matrix, in `space.seen*`. */
function hearBesideHeld(space: PathSpace, k: number, free: number): void {
  const { capacity, gram, order, gainRe, gainIm, heardRe, heardIm, count } = space;
  let re = heardRe[k] as number;
  let im = heardIm[k] as number;
  for (let b = free; b < count; b++) {
    const j = order[b] as number;
    const held = gram[k * capacity + j] as number;
    re = fround(re - fround(held * (gainRe[j] as number)));
    im = fround(im - fround(held * (gainIm[j] as number)));
  }
  space.seenRe[VALUE] = re;
  space.seenIm[VALUE] = im;
}
