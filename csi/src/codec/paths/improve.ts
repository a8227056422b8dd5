import { amplitudeOf, hearCell, type PathCodes, probeCell, setGain } from './codes.ts';
import { BIT_WORTH, MAX_LEVEL } from './constants.ts';
import { correlateNear, hearAlone, takeOthers, takeOthersNear, VALUE } from './correlate.ts';
import { bitsOf, finenessOf, heightOf, levelOf, type PathGrid } from './grid.ts';
import { newtonStep } from './newton.ts';
import type { PathSpace } from './space.ts';

const { fround } = Math;

/**
 * Puts path k anew with all others held on their grids, by error and bits together: at the place that is best now, on
 * the grid of the level that is best now or of a neighbour, or nowhere.
 */
export function improvePath(space: PathSpace, grid: PathGrid, codes: PathCodes, k: number, step: number): void {
  const { place, gainRe, gainIm, seenRe, seenIm } = space;
  const oldLevel = codes.level[k] as number;
  const oldFineness = finenessOf(oldLevel);
  for (let axis = 0; axis < 3; axis++) place[axis] = fround((codes.cell[3 * k + axis] as number) / oldFineness);
  correlateNear(space, place, space.re, space.im);
  takeOthersNear(space, k);
  newtonStep(space, place);
  hearAlone(space, k);
  const before = costOf(space, grid, k, oldLevel, step);
  const amplitude = fround(amplitudeOf(seenRe[VALUE] as number, seenIm[VALUE] as number) / step);
  const estimate = levelOf(grid, amplitude);

  // Nowhere, unless what is there is worth its bits.
  let bestLevel = before < 0 ? oldLevel : 0;
  let best = before < 0 ? before : 0;
  let bestRe = before < 0 ? (gainRe[k] as number) : 0;
  let bestIm = before < 0 ? (gainIm[k] as number) : 0;
  let bestPhase = codes.phase[k] as number;
  let cell1 = codes.cell[3 * k] as number;
  let cell2 = codes.cell[3 * k + 1] as number;
  let cell3 = codes.cell[3 * k + 2] as number;
  let moved = false;
  let probed = 0;
  let probedRe = 0;
  let probedIm = 0;
  // The next level in the direction of the amplitude, then the nearest one: the more likely last, its kernels at hand.
  const next = amplitude > heightOf(estimate) ? estimate + 1 : estimate - 1;
  for (const level of [next, estimate]) {
    if (level < 1 || level > MAX_LEVEL) continue;
    probeCell(space, finenessOf(level));
    probed = level;
    probedRe = seenRe[VALUE] as number;
    probedIm = seenIm[VALUE] as number;
    takeOthers(space, k, space.products, 0);
    gainRe[k] = seenRe[VALUE] as number;
    gainIm[k] = seenIm[VALUE] as number;
    setGain(space, codes, k, level, step);
    const cost = costOf(space, grid, k, level, step);
    if (!(cost < best)) continue;
    best = cost;
    bestLevel = level;
    bestRe = gainRe[k] as number;
    bestIm = gainIm[k] as number;
    bestPhase = codes.phase[k] as number;
    cell1 = codes.cell[3 * k] as number;
    cell2 = codes.cell[3 * k + 1] as number;
    cell3 = codes.cell[3 * k + 2] as number;
    moved = true;
  }
  codes.level[k] = bestLevel;
  codes.phase[k] = bestPhase;
  codes.cell[3 * k] = cell1;
  codes.cell[3 * k + 1] = cell2;
  codes.cell[3 * k + 2] = cell3;
  gainRe[k] = bestRe;
  gainIm[k] = bestIm;
  if (!moved) return;
  if (probed === bestLevel) {
    seenRe[VALUE] = probedRe;
    seenIm[VALUE] = probedIm;
  } else probeCell(space, finenessOf(bestLevel));
  hearCell(space, k);
}

/** Error energy and bits that the gain of path k adds where `space.seen*` is what the others leave; below 0 it saves. */
function costOf(space: PathSpace, grid: PathGrid, k: number, level: number, step: number): number {
  const re = space.gainRe[k] as number;
  const im = space.gainIm[k] as number;
  const match = fround(fround(re * (space.seenRe[VALUE] as number)) + fround(im * (space.seenIm[VALUE] as number)));
  const size = fround(fround(re * re) + fround(im * im));
  const bits = fround(fround(fround(BIT_WORTH * step) * step) * bitsOf(grid, level));
  return fround(fround(size - fround(2 * match)) + bits);
}
