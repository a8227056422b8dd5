import {
  ATTEMPTS,
  BIT_WORTH,
  FEWER_BITS,
  FINEST_SHARE,
  LEAST_PATH_BITS,
  MOST_WEAK_BITS,
  NEAREST,
  PATH_ERROR,
  SPARE_BITS,
  STEPS,
} from './constants.ts';
import { bitsOf, levelOf } from './grid.ts';
import { attempt, attemptAgain, findWorth, keepAttempt, type PathSearch, trim } from './search.ts';
import { leastStep, stepHeight } from './step.ts';

const { fround } = Math;

/** The step nearest to the noise: finer ones would report the noise itself. */
function finestStep(search: PathSearch): number {
  const least = search.found > 0 ? fround((search.power[1] as number) * FINEST_SHARE) : 0;
  return leastStep(fround((search.noise > least ? search.noise : least) * NEAREST), search.exponent);
}

/** Paths that pay on the grid of a step. */
function worthOf(search: PathSearch, step: number, maxBits: number): number {
  const height = stepHeight(step, search.exponent);
  const square = fround(height * height);
  // A known path takes half the bits of a fresh one.
  if (search.work.list !== undefined)
    return findWorth(search, fround(square / 2), Math.floor((2 * maxBits) / LEAST_PATH_BITS));
  return findWorth(search, square, Math.floor(maxBits / LEAST_PATH_BITS));
}

/** Bits of a report on the grid of a step, about. @param count - of paths that may be in it */
function bitsAbout(search: PathSearch, step: number, count: number): number {
  const { power, work } = search;
  // Paths are thought to be at known places where there are any; what comes out tells how many are not.
  const grid = work.list === undefined ? search.grid : search.grid.known;
  const height = stepHeight(step, search.exponent);
  let bits = -FEWER_BITS;
  for (let k = 1; k <= count; k++) {
    const amplitude = fround(fround(Math.sqrt(power[k] as number)) / height);
    bits = fround(bits + bitsOf(grid, levelOf(grid, amplitude)));
  }
  return bits;
}

/** Squared error on the grid of a step, about. */
function errorAbout(search: PathSearch, step: number, count: number): number {
  const height = stepHeight(step, search.exponent);
  const left = count === 0 ? search.space.energy : (search.left[count - 1] as number);
  const rest = count === 0 ? left : fround(left - (search.power[count] as number));
  return fround(rest + fround(fround(fround(height * height) * PATH_ERROR) * count));
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
  let count = worthOf(search, step, maxBits);
  if (step < finestStep(search)) {
    step = finestStep(search);
    count = worthOf(search, step, maxBits);
  }
  attempt(search, count, step);
  keepAttempt(search);
  if (search.bestBits > maxBits) searchCap(search, maxBits);
}

/** Takes the coarsest step, about, whose error, relative to the matrix's energy, is at most `target`. */
export function searchTarget(search: PathSearch, target: number, maxBits: number): void {
  const most = fround(target * search.space.energy);
  let reaches = -1;
  let misses = STEPS;
  let ratio = 1;
  let step = STEPS - 1;
  search.bestError = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < ATTEMPTS && misses - reaches > 1; tries++) {
    step = coarsestAbout(search, most, ratio, maxBits);
    if (step <= reaches) step = reaches + 1;
    if (step >= misses) step = misses - 1;
    const count = worthOf(search, step, maxBits);
    attempt(search, count, step);
    if (search.error <= most) {
      reaches = step;
      keepAttempt(search);
    } else {
      misses = step;
      if (search.error < search.bestError) keepAttempt(search);
      if (step <= finestStep(search)) break;
    }
    ratio = fround(search.error / errorAbout(search, step, count));
  }
  if (search.bestBits > maxBits) searchCap(search, maxBits);
}

/** The coarsest step whose error is at most `most`, about. @param ratio - of an error to what was thought of it */
function coarsestAbout(search: PathSearch, most: number, ratio: number, maxBits: number): number {
  let step = leastStep(search.space.energy, search.exponent);
  for (; step > finestStep(search); step--) {
    if (fround(ratio * errorAbout(search, step, worthOf(search, step, maxBits))) <= most) break;
  }
  return step;
}

/**
 * Takes the least error of at most `maxBits`. It is found on the finest grid that holds what pays there, or on the next
 * one without the weakest paths. Both are near to where bits are thought to be as many, and every attempt tells how far.
 */
export function searchCap(search: PathSearch, maxBits: number): void {
  search.bestError = Number.POSITIVE_INFINITY;
  let fits = STEPS;
  let fitting = 0;
  let exceeds = -1;
  let exceeding = 0;
  let more = 0;
  for (let tries = 0; tries < ATTEMPTS && fits - exceeds > 1; tries++) {
    let step = finestAbout(search, fround(maxBits - more));
    if (fits < STEPS && exceeds >= 0) {
      const share = fround(fround(exceeding - maxBits) / fround(exceeding - fitting));
      step = exceeds + Math.floor(fround(fround(share * (fits - exceeds)) + 0.5));
    }
    if (step <= exceeds) step = exceeds + 1;
    if (step >= fits) step = fits - 1;
    if (step < finestStep(search)) break;
    // One path more than pays: it may fill the bits that are over.
    const count = findWorth(search, 0, worthOf(search, step, maxBits) + 1);
    attempt(search, count, step);
    more = fround(search.bits - bitsAbout(search, step, count));
    if (search.bits <= maxBits) {
      fits = step;
      fitting = search.bits;
      offer(search, maxBits);
      if (maxBits - fitting <= SPARE_BITS) break;
    } else {
      exceeds = step;
      exceeding = search.bits;
      trim(search, maxBits, MOST_WEAK_BITS);
      offer(search, maxBits);
      attemptAgain(search);
      offer(search, maxBits);
    }
  }
}

function offer(search: PathSearch, maxBits: number): void {
  if (search.bits <= maxBits && search.error < search.bestError) keepAttempt(search);
}

/** The finest step of which a report is at most `bits` long, about. */
function finestAbout(search: PathSearch, bits: number): number {
  findWorth(search, 0, 1);
  const top = search.found > 0 ? (search.power[1] as number) : search.space.energy;
  let step = leastStep(top, search.exponent);
  for (; step > finestStep(search); step--) {
    if (bitsAbout(search, step - 1, worthOf(search, step - 1, bits)) > bits) break;
  }
  return step;
}
