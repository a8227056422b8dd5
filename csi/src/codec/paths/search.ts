import { copyCode, createCodes, type PathCodes, sortCodes } from './codes.ts';
import { LEAST_NOISY, NOISE_SHARE } from './constants.ts';
import { probeAt } from './correlate.ts';
import type { PathGrid } from './grid.ts';
import type { KnownPaths } from './known.ts';
import { loadMatrix, powerOfTwo } from './matrix.ts';
import { noisePower } from './noise.ts';
import { addPath, hear, moveAll, residualInto, solveAll, storePath } from './pursue.ts';
import { improveAll, quantisePaths } from './quantise.ts';
import { RangeEncoder } from './range-coder.ts';
import { holdKnown } from './refer.ts';
import type { PathSpace } from './space.ts';
import { stepHeight } from './step.ts';
import { codeReport, type PathSyntax } from './syntax.ts';

const { fround } = Math;

/** A report in the making: the paths found so far, the latest attempt at putting them on a grid, and the best one. */
export interface PathSearch {
  readonly space: PathSpace;
  readonly grid: PathGrid;
  readonly syntax: PathSyntax;
  readonly coder: RangeEncoder;
  /** Places after each number of paths: those of k paths start at 3 k (k - 1) / 2. */
  readonly history: Float32Array;
  /** What the k-th path took of the residual, `[capacity + 1]`, from 1. */
  readonly power: Float32Array;
  /** Energy of the residual that the path after the k-th was looked for in, `[capacity + 1]`. */
  readonly left: Float32Array;
  found: number;
  /** No more paths: the capacity is used up, or what is left is noise. */
  ended: boolean;
  /** The space holds the places of this many paths off the grid; -1 where it holds an attempt. */
  loaded: number;
  /** The matrix is 2^exponent times what the space holds. */
  exponent: number;
  /** Noise power of an entry in the space's scale. */
  noise: number;
  /** Nobody told the noise: it is taken from each residual. */
  estimated: boolean;
  readonly work: PathCodes;
  /** The latest attempt. */
  readonly codes: PathCodes;
  step: number;
  bits: number;
  /** Error energy, in the space's scale. */
  error: number;
  /** The best attempt so far. */
  readonly bestCodes: PathCodes;
  bestStep: number;
  bestBits: number;
  bestError: number;
}

export function createSearch(space: PathSpace, grid: PathGrid, syntax: PathSyntax): PathSearch {
  const { capacity } = space;
  return {
    space,
    grid,
    syntax,
    coder: new RangeEncoder(new Uint8Array(0)),
    history: new Float32Array((3 * capacity * (capacity + 1)) / 2),
    power: new Float32Array(capacity + 1),
    left: new Float32Array(capacity + 1),
    found: 0,
    ended: false,
    loaded: -1,
    exponent: 0,
    noise: 0,
    estimated: false,
    work: createCodes(capacity),
    codes: createCodes(capacity),
    step: 0,
    bits: 0,
    error: 0,
    bestCodes: createCodes(capacity),
    bestStep: 0,
    bestBits: 0,
    bestError: 0,
  };
}

/**
 * Starts on a matrix.
 *
 * @param noise - variance of an entry, in the matrix's scale; to be estimated where negative, and none in a small matrix
 * @returns false where the matrix is zero or not finite
 */
export function startSearch(search: PathSearch, values: Float32Array, noise: number): boolean {
  const exponent = loadMatrix(search.space, values);
  if (exponent === undefined) return false;
  search.exponent = exponent;
  search.estimated = noise < 0 && search.space.re.length >= LEAST_NOISY;
  const scale = powerOfTwo(exponent > 126 ? -126 : -exponent);
  search.noise = noise < 0 ? 0 : fround(fround(noise * scale) * scale);
  search.found = 0;
  search.ended = false;
  search.loaded = 0;
  return true;
}

/** Loads the places found with `count` paths, and solves for their gains. */
export function loadPaths(search: PathSearch, count: number): void {
  if (search.loaded === count) return;
  const { space, history } = search;
  const start = (3 * count * (count - 1)) / 2;
  space.count = 0;
  for (let k = 0; k < count; k++) {
    for (let axis = 0; axis < 3; axis++) {
      const position = history[start + 3 * k + axis] as number;
      space.place[axis] = position;
      space.position[3 * k + axis] = position;
    }
    probeAt(space, space.place);
    hear(space, k);
    space.count = k + 1;
    storePath(space, k);
  }
  solveAll(space);
  search.loaded = count;
}

/** Finds one more path and moves all; sets `ended` instead where there is none. */
function findNext(search: PathSearch): void {
  const { space, found, history } = search;
  if (found === space.capacity) search.ended = true;
  if (search.ended) return;
  loadPaths(search, found);
  search.left[found] = residualInto(space);
  // What paths leak hides the noise, less so the more of them are out: looked at anew after 1, 2, 4, 8 ... paths.
  if (search.estimated && (found & (found - 1)) === 0) search.noise = noisePower(space);
  const power = addPath(space);
  if (!(power > fround(NOISE_SHARE * search.noise))) {
    search.ended = true;
    search.loaded = -1;
    return;
  }
  moveAll(space, power);
  const count = found + 1;
  search.found = count;
  search.loaded = count;
  search.power[count] = power;
  const start = (3 * count * found) / 2;
  for (let i = 0; i < 3 * count; i++) history[start + i] = space.position[i] as number;
}

/** Finds paths as long as each takes at least `least` of the residual. @returns how many, at most `most` */
export function findWorth(search: PathSearch, least: number, most: number): number {
  let count = 0;
  while (count < most) {
    if (count === search.found) findNext(search);
    if (count === search.found || !((search.power[count + 1] as number) >= least)) break;
    count++;
  }
  return count;
}

/** Puts the first `count` paths on the grid of a step: sets `codes`, `bits` and `error`. */
export function attempt(search: PathSearch, count: number, step: number): void {
  loadPaths(search, count);
  search.loaded = -1;
  search.step = step;
  quantisePaths(search.space, search.grid, search.work, stepHeight(step, search.exponent));
  measure(search);
}

/** Counts the bits of the attempt, and its error. */
function measure(search: PathSearch): void {
  const { work, codes, coder } = search;
  sortCodes(work, codes);
  coder.reset();
  codeReport(search.syntax, coder, codes, search.step);
  search.bits = coder.finish();
  search.error = residualInto(search.space);
}

/** Leaves the weakest paths of the attempt out until it fits. @param perPath - bits of a weak path, at most */
export function trim(search: PathSearch, maxBits: number, perPath: number): void {
  const { space, work, codes } = search;
  while (search.bits > maxBits && codes.count > 0) {
    for (let excess = search.bits - maxBits; excess > 0; excess -= perPath) {
      const k = weakestOf(work);
      if (k < 0) break;
      work.level[k] = 0;
      space.gainRe[k] = 0;
      space.gainIm[k] = 0;
    }
    measure(search);
  }
}

/** Puts the paths of the attempt anew: those left out have made room. */
export function attemptAgain(search: PathSearch): void {
  improveAll(search.space, search.grid, search.work, stepHeight(search.step, search.exponent));
  measure(search);
}

/** The path of the lowest level, the last of several; -1 where there is none. */
function weakestOf(codes: PathCodes): number {
  let weakest = -1;
  let least = 0;
  for (let k = 0; k < codes.count; k++) {
    const level = codes.level[k] as number;
    if (level === 0 || (weakest >= 0 && level > least)) continue;
    weakest = k;
    least = level;
  }
  return weakest;
}

/** Attempts from now on may refer to a list of known paths, or to none; what has been found stays. */
export function offerKnown(search: PathSearch, list: KnownPaths | undefined): void {
  search.work.list = list;
  if (list !== undefined) holdKnown(search.space, list);
}

/** Keeps the attempt as the best so far. */
export function keepAttempt(search: PathSearch): void {
  const { codes, bestCodes } = search;
  for (let k = 0; k < codes.count; k++) copyCode(codes, k, bestCodes, k);
  bestCodes.count = codes.count;
  bestCodes.list = codes.list;
  search.bestStep = search.step;
  search.bestBits = search.bits;
  search.bestError = search.error;
}
