import { amplitudeOf, FRESH, hearCell, type PathCodes, roundPlace, setGain } from './codes.ts';
import { BIT_WORTH } from './constants.ts';
import { correlateNear, probeAt, takeOthersNear } from './correlate.ts';
import { bitsOf, finenessOf, levelOf, type PathGrid } from './grid.ts';
import { improvePath } from './improve.ts';
import { newtonStep } from './newton.ts';
import { bestKnown, probeKnown } from './refer.ts';
import { energyTaken, solveGains } from './solve.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

/**
 * Puts all paths on their grids in order of amplitude: the strongest first, the rest solved for again with it held, and
 * so on. Paths not worth their bits end up with level 0 and no gain.
 *
 * @param step - height of a step, in the space's scale
 */
export function quantisePaths(space: PathSpace, grid: PathGrid, codes: PathCodes, step: number): void {
  const { count, order, gainRe, gainIm } = space;
  let free = count;
  codes.count = count;
  for (let k = 0; k < count; k++) {
    order[k] = k;
    codes.level[k] = 0;
    codes.reference[k] = FRESH;
  }
  solveGains(space, free);
  while (free > 0) {
    const at = strongestOf(space, free);
    const k = order[at] as number;
    const fresh = putPath(space, grid, codes, k, free, step);
    const level = codes.list === undefined ? fresh : putKnown(space, grid, codes, k, free, step, fresh);
    free--;
    order[at] = order[free] as number;
    order[free] = k;
    codes.level[k] = level;
    if (level > 0) setGain(space, codes, k, level, step);
    else {
      gainRe[k] = 0;
      gainIm[k] = 0;
    }
    if (free > 0) solveGains(space, free);
  }
  improveAll(space, grid, codes, step);
}

/** Puts each path anew, the others being on their grids: once is worth 0.1 dB, a second time 0.01. */
export function improveAll(space: PathSpace, grid: PathGrid, codes: PathCodes, step: number): void {
  for (let k = 0; k < codes.count; k++) if (codes.level[k] !== 0) improvePath(space, grid, codes, k, step);
}

/** The free path of the largest gain, as an index of `space.order`. */
function strongestOf(space: PathSpace, free: number): number {
  let strongest = 0;
  let most = -1;
  for (let a = 0; a < free; a++) {
    const k = space.order[a] as number;
    const size = amplitudeOf(space.gainRe[k] as number, space.gainIm[k] as number);
    if (size > most) {
      most = size;
      strongest = a;
    }
  }
  return strongest;
}

/**
 * Moves path k to where it belongs with the others as they are, puts it on the grid of its level there, and solves for its
 * gain together with those still free.
 *
 * @returns its level
 */
function putPath(space: PathSpace, grid: PathGrid, codes: PathCodes, k: number, free: number, step: number): number {
  const { place, position } = space;
  for (let axis = 0; axis < 3; axis++) place[axis] = position[3 * k + axis] as number;
  correlateNear(space, place, space.re, space.im);
  takeOthersNear(space, k);
  newtonStep(space, place);
  let level = levelOf(grid, fround(amplitudeOf(space.gainRe[k] as number, space.gainIm[k] as number) / step));
  // The gain on the grid may be of another level, whose grid is another.
  for (let round = 0; round < 2 && level > 0; round++) {
    roundPlace(space, codes, k, level);
    probeAt(space, space.beside);
    hearCell(space, k);
    solveGains(space, free);
    const size = amplitudeOf(space.gainRe[k] as number, space.gainIm[k] as number);
    const again = levelOf(grid, fround(size / step));
    if (again === 0 || finenessOf(again) === finenessOf(level)) return again;
    if (round === 0) level = again;
  }
  return level;
}

/**
 * Puts path k, which is at a fresh place on the grid of `fresh`, at a known one instead, where error and bits are less with all
 * gains solved for again.
 *
 * @returns its level
 */
function putKnown(
  space: PathSpace,
  grid: PathGrid,
  codes: PathCodes,
  k: number,
  free: number,
  step: number,
  fresh: number,
): number {
  const bitWorth = fround(fround(BIT_WORTH * step) * step);
  const index = bestKnown(space, codes, k);
  if (index === FRESH) return fresh;
  const freshGain = fround(energyTaken(space, free) - fround(bitWorth * bitsOf(grid, fresh)));
  probeKnown(space, codes, index);
  hearCell(space, k);
  solveGains(space, free);
  const size = amplitudeOf(space.gainRe[k] as number, space.gainIm[k] as number);
  const level = levelOf(grid.known, fround(size / step));
  const gain = fround(energyTaken(space, free) - fround(bitWorth * bitsOf(grid.known, level)));
  if (level > 0 && (fresh === 0 || gain >= freshGain)) {
    codes.reference[k] = index;
    return level;
  }
  if (fresh === 0) return 0;
  roundPlace(space, codes, k, fresh);
  probeAt(space, space.beside);
  hearCell(space, k);
  solveGains(space, free);
  return fresh;
}
