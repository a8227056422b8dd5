import { BIT_WORTH } from './grid.ts';
import { attempt, findWorth, keepAttempt, type PathSearch } from './search.ts';
import { leastStep, STEPS, stepHeight } from './step.ts';

const { fround } = Math;

/** Fewest bits of a path, about: no attempt takes more paths than its bits allow. */
const LEAST_PATH_BITS = 13;
/** Attempts of a cap beside the step that just fits. */
const FINER_STEPS = 2;
const FEWER_PATHS = 4;
/** Bits of a path, about. */
const PATH_BITS = 16;

/** Finds the paths that pay on the grid of a step, and puts them there. @returns how many were tried */
function attemptStep(search: PathSearch, step: number, maxBits: number): number {
  const height = stepHeight(step, search.exponent);
  const count = findWorth(search, fround(height * height), Math.floor(maxBits / LEAST_PATH_BITS));
  attempt(search, count, step);
  return count;
}

/** Half a step less, squared: what makes the least step above the nearest one, 2^(-1/3). */
const NEAREST = fround(0.7937005);

/** The step nearest to the noise: finer ones would report the noise itself. */
function finestStep(search: PathSearch): number {
  return leastStep(fround(search.noise * NEAREST), search.exponent);
}

/**
 * Takes the least of error + price x bits: each number of a path errs by step^2 / 12, and a bit more for each halves the
 * step, so the step follows from the price and there is one attempt.
 *
 * @param price - of a bit, in error energy relative to the matrix's
 */
export function searchPrice(search: PathSearch, price: number, maxBits: number): void {
  const square = fround(fround(fround(price * search.space.energy) / BIT_WORTH) * NEAREST);
  let step = leastStep(square, search.exponent);
  attemptStep(search, step, maxBits);
  if (step < finestStep(search)) {
    step = finestStep(search);
    attemptStep(search, step, maxBits);
  }
  keepAttempt(search);
  if (search.bestBits > maxBits) searchCap(search, maxBits);
}

/** Takes the coarsest step whose error, relative to the matrix's energy, is at most `target`. */
export function searchTarget(search: PathSearch, target: number, maxBits: number): void {
  const error = fround(target * search.space.energy);
  let step = leastStep(fround(error * fround(0.5)), search.exponent);
  attemptStep(search, step, maxBits);
  keepAttempt(search);
  if (search.error <= error) {
    while (step < STEPS - 1) {
      step++;
      attemptStep(search, step, maxBits);
      if (search.error > error) break;
      keepAttempt(search);
    }
  } else {
    while (step > finestStep(search) && search.bestBits <= maxBits) {
      step--;
      attemptStep(search, step, maxBits);
      // Where the paths have come to an end, finer steps stop helping.
      if (search.error < search.bestError) keepAttempt(search);
      else if (search.ended) break;
      if (search.error <= error) break;
    }
  }
  if (search.bestBits > maxBits) searchCap(search, maxBits);
}

/** Takes the least error of at most `maxBits`. */
export function searchCap(search: PathSearch, maxBits: number): void {
  search.bestBits = Number.POSITIVE_INFINITY;
  search.bestError = Number.POSITIVE_INFINITY;
  // The strongest path of short reports is few steps high: 4 at 70 bits, 12 at 150, 64 from 250 on.
  const levels = maxBits < 40 ? 2 : maxBits < 250 ? maxBits / 12 - 2 : maxBits / 6 - 16;
  const share = fround(1 / (levels * levels));
  findWorth(search, 0, 1);
  const top = search.found > 0 ? (search.power[1] as number) : search.space.energy;
  let step = leastStep(fround(top * share), search.exponent);
  // To the coarsest step that does not fit, and the finest that does.
  let fits = STEPS;
  let exceeds = -1;
  let fitting = 0;
  for (let round = 0; round < 2 * STEPS && fits - exceeds > 1; round++) {
    if (step < finestStep(search)) {
      // No finer than the noise: what fits there is the best.
      step = finestStep(search);
      if (step >= fits) break;
      exceeds = step - 1;
    }
    const count = attemptStep(search, step, maxBits);
    if (search.bits <= maxBits) {
      fits = step;
      fitting = count;
      offer(search, maxBits);
      if (search.ended && search.error * 64 < search.noise) break;
    } else exceeds = step;
    // Four numbers a path, a third of a bit each, and a path more now and then.
    const perStep = fround(8 + fround(1.5 * count));
    const distance = Math.floor(Math.abs(search.bits - maxBits) / perStep);
    if (search.bits <= maxBits) step = Math.max(exceeds + 1, step - 1 - (fits - exceeds > 2 ? distance : 0));
    else step = Math.min(fits - 1, step + 1 + (fits - exceeds > 2 ? distance : 0));
    if (step < 0 || step >= STEPS) break;
  }
  if (fits < STEPS) {
    // A path more on the same grid, and fewer on finer ones.
    attempt(search, Math.min(search.found, fitting + 1), fits);
    offer(search, maxBits);
  }
  for (let finer = 1; finer <= FINER_STEPS; finer++) {
    const at = fits - finer;
    if (at < Math.max(0, finestStep(search))) break;
    let count = attemptStep(search, at, maxBits);
    for (let tries = 0; tries < FEWER_PATHS && count > 1; tries++) {
      if (search.bits <= maxBits) break;
      count = Math.max(1, count - Math.max(1, Math.floor((search.bits - maxBits) / (PATH_BITS + 4))));
      attempt(search, count, at);
    }
    offer(search, maxBits);
  }
}

function offer(search: PathSearch, maxBits: number): void {
  if (search.bits <= maxBits && search.error < search.bestError) keepAttempt(search);
}
