import { amplitudeOf, FRESH, hearCell, type PathCodes, positionOf, roundPlace, setGain } from './codes.ts';
import { BIT_WORTH, MAX_LEVEL } from './constants.ts';
import { correlateNear, hearAlone, probeAt, takeOthers, takeOthersNear, VALUE } from './correlate.ts';
import { bitsOf, heightOf, levelOf, type PathGrid } from './grid.ts';
import { newtonStep } from './newton.ts';
import { bestKnown, probeKnown } from './refer.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

/**
 * Puts path k anew with all others held on their grids, by error and bits together: at the place that is best now, on
 * the grid of the level that is best now or of a neighbour, or at the known place that is best now, or where it is, or nowhere.
 */
export function improvePath(space: PathSpace, grid: PathGrid, codes: PathCodes, k: number, step: number): void {
  const { place } = space;
  for (let axis = 0; axis < 3; axis++) place[axis] = fround(positionOf(codes, k, axis));
  correlateNear(space, place, space.re, space.im);
  takeOthersNear(space, k);
  newtonStep(space, place);
  hearAlone(space, k);
  let cost = costOf(space, grid, codes, k, step);
  cost = tryPlace(space, grid, codes, k, FRESH, step, cost);
  if (codes.list !== undefined) {
    const index = bestKnown(space, codes, k);
    if (index !== FRESH) {
      probeKnown(space, codes, index);
      takeOthers(space, k, space.products, 0);
      cost = tryPlace(space, grid, codes, k, index, step, cost);
    }
  }
  if (cost < 0) return;
  codes.level[k] = 0;
  space.gainRe[k] = 0;
  space.gainIm[k] = 0;
}

/**
 * Puts path k at `space.place`, or at a known place, where that costs less on the grid of one of the two levels next to the
 * amplitude that `space.seen*` tells.
 *
 * @param reference - number of the known place, or `FRESH` @returns what it costs now
 */
function tryPlace(
  space: PathSpace,
  grid: PathGrid,
  codes: PathCodes,
  k: number,
  reference: number,
  step: number,
  cost: number,
): number {
  const { seenRe, seenIm } = space;
  const amplitude = fround(amplitudeOf(seenRe[VALUE] as number, seenIm[VALUE] as number) / step);
  const nearest = levelOf(reference === FRESH ? grid : grid.known, amplitude);
  const other = amplitude > heightOf(nearest) ? nearest + 1 : nearest - 1;
  const least = tryLevel(space, grid, codes, k, reference, nearest, step, cost);
  return tryLevel(space, grid, codes, k, reference, other, step, least);
}

/** Puts path k there on the grid of a level, where that costs less. @returns what it costs now */
function tryLevel(
  space: PathSpace,
  grid: PathGrid,
  codes: PathCodes,
  k: number,
  reference: number,
  level: number,
  step: number,
  cost: number,
): number {
  if (level < 1 || level > MAX_LEVEL) return cost;
  const { gainRe, gainIm, seenRe, seenIm } = space;
  const oldLevel = codes.level[k] as number;
  const oldReference = codes.reference[k] as number;
  const oldPhase = codes.phase[k] as number;
  const [cell1, cell2, cell3] = codes.cell.slice(3 * k, 3 * k + 3);
  const oldRe = gainRe[k] as number;
  const oldIm = gainIm[k] as number;
  // Where it is all is known.
  const isFresh = reference === FRESH;
  const moves = isFresh ? roundPlace(space, codes, k, level) : oldReference !== reference;
  if (!isFresh) probeKnown(space, codes, reference);
  else if (moves) probeAt(space, space.beside);
  if (!moves) hearAlone(space, k);
  const heardRe = seenRe[VALUE] as number;
  const heardIm = seenIm[VALUE] as number;
  if (moves) takeOthers(space, k, space.products, 0);
  gainRe[k] = seenRe[VALUE] as number;
  gainIm[k] = seenIm[VALUE] as number;
  setGain(space, codes, k, level, step);
  codes.reference[k] = reference;
  const next = costOf(space, grid, codes, k, step);
  if (next < cost) {
    if (!moves) return next;
    seenRe[VALUE] = heardRe;
    seenIm[VALUE] = heardIm;
    hearCell(space, k);
    return next;
  }
  codes.level[k] = oldLevel;
  codes.reference[k] = oldReference;
  codes.phase[k] = oldPhase;
  codes.cell[3 * k] = cell1 as number;
  codes.cell[3 * k + 1] = cell2 as number;
  codes.cell[3 * k + 2] = cell3 as number;
  gainRe[k] = oldRe;
  gainIm[k] = oldIm;
  return cost;
}

/** Error energy and bits that the gain of path k adds where `space.seen*` is what the others leave; below 0 it saves. */
function costOf(space: PathSpace, grid: PathGrid, codes: PathCodes, k: number, step: number): number {
  const levels = codes.reference[k] === FRESH ? grid : grid.known;
  const re = space.gainRe[k] as number;
  const im = space.gainIm[k] as number;
  const match = fround(fround(re * (space.seenRe[VALUE] as number)) + fround(im * (space.seenIm[VALUE] as number)));
  const size = fround(fround(re * re) + fround(im * im));
  const bits = fround(fround(fround(BIT_WORTH * step) * step) * bitsOf(levels, codes.level[k] as number));
  return fround(fround(size - fround(2 * match)) + bits);
}
