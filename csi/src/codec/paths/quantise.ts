import type { PathAxis } from './axis.ts';
import { BIT_WORTH, levelOf, type PathGrid } from './grid.ts';
import { newtonStep, probePlace } from './newton.ts';
import { storePath } from './pursue.ts';
import { solveGains } from './solve.ts';
import { correlate, type PathSpace, withoutOthers } from './space.ts';
import { cosineOfPart, sineOfPart, turnOf } from './turn.ts';

const { fround } = Math;

/** Paths as integers: what a report holds. */
export interface PathCodes {
  count: number;
  /** Amplitudes in steps, never rising, `[capacity]`. */
  readonly level: Int32Array;
  /** Places on the grid of the path's level, `[capacity][3]`: angle 1, angle 2, delay. */
  readonly cell: Int32Array;
  /** `[capacity]`, 0 .. phases - 1 */
  readonly phase: Int32Array;
}

export function createCodes(capacity: number): PathCodes {
  return {
    count: 0,
    level: new Int32Array(capacity),
    cell: new Int32Array(3 * capacity),
    phase: new Int32Array(capacity),
  };
}

const place = new Float32Array(3);
const rounded = new Float32Array(3);
const cells = new Int32Array(3);

/** The cell of a position. */
function cellOf(axis: PathAxis, position: number, fine: number): number {
  if (axis.count === 1) return 0;
  const cell = Math.floor(fround(fround(position * fine) + 0.5));
  const all = axis.count * fine;
  return cell < all ? cell : axis.whole ? cell - all : all - 1;
}

/** Rounds `place` to the grid of a level and hears the matrix there: kernels in the probe, correlation in `seen`. */
function probeCell(space: PathSpace, fine: number): void {
  for (let axis = 0; axis < 3; axis++) {
    cells[axis] = cellOf(space.axes[axis] as PathAxis, place[axis] as number, fine);
    rounded[axis] = fround((cells[axis] as number) / fine);
  }
  probePlace(space, rounded, 1);
  correlate(space, space.re, space.im, 1);
}

function hear(space: PathSpace, k: number): void {
  space.heardRe[k] = space.seenRe[0] as number;
  space.heardIm[k] = space.seenIm[0] as number;
}

function amplitude(re: number, im: number): number {
  return fround(Math.sqrt(fround(fround(re * re) + fround(im * im))));
}

/** Gives path k a gain on the grid: the phase nearest to re + j im, the level told. */
function setGain(space: PathSpace, grid: PathGrid, codes: PathCodes, k: number, level: number, step: number): void {
  const re = space.gainRe[k] as number;
  const im = space.gainIm[k] as number;
  const phases = grid.phases[level] as number;
  const phase = Math.floor(fround(fround(turnOf(re, im) * phases) + 0.5));
  const wrapped = phase < phases ? phase : 0;
  const height = fround((grid.height[level] as number) * step);
  codes.level[k] = level;
  codes.phase[k] = wrapped;
  space.gainRe[k] = fround(height * cosineOfPart(wrapped, phases));
  space.gainIm[k] = fround(height * sineOfPart(wrapped, phases));
  for (let axis = 0; axis < 3; axis++) codes.cell[3 * k + axis] = cells[axis] as number;
}

function loadPlace(space: PathSpace, k: number): void {
  for (let axis = 0; axis < 3; axis++) place[axis] = space.position[3 * k + axis] as number;
}

/**
 * Puts all paths on their grids in order of amplitude: the strongest first, the rest solved for again with it held, and
 * so on. Paths not worth their bits end up with level 0 and no gain.
 *
 * @param step - height of a step, in the space's scale
 */
export function quantisePaths(space: PathSpace, grid: PathGrid, codes: PathCodes, step: number, passes: number): void {
  const { count, order, gainRe, gainIm } = space;
  let free = count;
  codes.count = count;
  for (let k = 0; k < count; k++) {
    order[k] = k;
    codes.level[k] = -1;
  }
  solveGains(space, free);
  while (free > 0) {
    let strongest = 0;
    let most = -1;
    for (let a = 0; a < free; a++) {
      const k = order[a] as number;
      const size = amplitude(gainRe[k] as number, gainIm[k] as number);
      if (size > most) {
        most = size;
        strongest = a;
      }
    }
    const k = order[strongest] as number;
    // Where the path would go, the others as they are now.
    loadPlace(space, k);
    probePlace(space, place, 3);
    correlate(space, space.re, space.im, 3);
    withoutOthers(space, k, 3);
    newtonStep(space, place);
    let level = levelOf(grid, fround(amplitude(space.seenRe[0] as number, space.seenIm[0] as number) / step));
    for (let round = 0; round < 2 && level > 0; round++) {
      probeCell(space, grid.fine[level] as number);
      hear(space, k);
      storeAt(space, k);
      solveGains(space, free);
      const again = levelOf(grid, fround(amplitude(gainRe[k] as number, gainIm[k] as number) / step));
      if (again === level || again === 0 || grid.fine[again] === grid.fine[level]) {
        level = again;
        break;
      }
      if (round === 0) level = again;
    }
    // What stays free moves up.
    free--;
    order[strongest] = order[free] as number;
    if (level > 0) setGain(space, grid, codes, k, level, step);
    else silence(space, codes, k);
    if (free > 0) solveGains(space, free);
  }
  for (let pass = 0; pass < passes; pass++) if (!improve(space, grid, codes, step)) break;
}

/** As `storePath`, at the rounded place; keeps the position the pursuit found. */
function storeAt(space: PathSpace, k: number): void {
  const a = space.position[3 * k] as number;
  const b = space.position[3 * k + 1] as number;
  const c = space.position[3 * k + 2] as number;
  storePath(space, k, rounded);
  space.position[3 * k] = a;
  space.position[3 * k + 1] = b;
  space.position[3 * k + 2] = c;
}

function silence(space: PathSpace, codes: PathCodes, k: number): void {
  codes.level[k] = 0;
  space.gainRe[k] = 0;
  space.gainIm[k] = 0;
}

/** Error and bits that a gain on path k saves, where `seen` is what the others leave there; without it 0. */
function costOf(space: PathSpace, grid: PathGrid, k: number, level: number, step: number): number {
  const re = space.gainRe[k] as number;
  const im = space.gainIm[k] as number;
  const match = fround(fround(re * (space.seenRe[0] as number)) + fround(im * (space.seenIm[0] as number)));
  const size = fround(fround(re * re) + fround(im * im));
  const bits = fround(fround(fround(BIT_WORTH * step) * step) * (grid.bits[level] as number));
  return fround(fround(size - fround(2 * match)) + bits);
}

/** Puts each path anew with all others held on their grids: elsewhere, at another level, or nowhere. */
function improve(space: PathSpace, grid: PathGrid, codes: PathCodes, step: number): boolean {
  let changed = false;
  for (let k = 0; k < space.count; k++) {
    const level = codes.level[k] as number;
    if (level === 0) continue;
    const oldRe = space.gainRe[k] as number;
    const oldIm = space.gainIm[k] as number;
    const oldPhase = codes.phase[k] as number;
    const fine = grid.fine[level] as number;
    const oldCells = [codes.cell[3 * k] as number, codes.cell[3 * k + 1] as number, codes.cell[3 * k + 2] as number];
    for (let axis = 0; axis < 3; axis++) place[axis] = fround((oldCells[axis] as number) / fine);
    probePlace(space, place, 3);
    correlate(space, space.re, space.im, 3);
    withoutOthers(space, k, 3);
    const before = costOf(space, grid, k, level, step);
    newtonStep(space, place);
    const estimate = levelOf(grid, fround(amplitude(space.seenRe[0] as number, space.seenIm[0] as number) / step));
    let best = before < 0 ? before : 0;
    let bestLevel = before < 0 ? level : 0;
    let bestRe = before < 0 ? oldRe : 0;
    let bestIm = before < 0 ? oldIm : 0;
    let bestPhase = oldPhase;
    let lastFine = 0;
    let seenRe = 0;
    let seenIm = 0;
    const top = Math.min(estimate + 1, grid.fine.length - 1);
    for (let n = top; n >= Math.max(1, estimate - 1); n--) {
      const nFine = grid.fine[n] as number;
      if (nFine !== lastFine) {
        probeCell(space, nFine);
        withoutOthers(space, k, 1);
        seenRe = space.seenRe[0] as number;
        seenIm = space.seenIm[0] as number;
        lastFine = nFine;
      }
      space.gainRe[k] = seenRe;
      space.gainIm[k] = seenIm;
      setGain(space, grid, codes, k, n, step);
      const cost = costOf(space, grid, k, n, step);
      if (cost < best) {
        best = cost;
        bestLevel = n;
        bestRe = space.gainRe[k] as number;
        bestIm = space.gainIm[k] as number;
        bestPhase = codes.phase[k] as number;
        for (let axis = 0; axis < 3; axis++) oldCells[axis] = cells[axis] as number;
      }
    }
    if (best < before) changed = true;
    codes.level[k] = bestLevel;
    codes.phase[k] = bestPhase;
    space.gainRe[k] = bestRe;
    space.gainIm[k] = bestIm;
    for (let axis = 0; axis < 3; axis++) codes.cell[3 * k + axis] = oldCells[axis] as number;
    if (bestLevel > 0 && best < before) {
      const nFine = grid.fine[bestLevel] as number;
      for (let axis = 0; axis < 3; axis++) rounded[axis] = fround((oldCells[axis] as number) / nFine);
      probePlace(space, rounded, 1);
      correlate(space, space.re, space.im, 1);
      hear(space, k);
      storeAt(space, k);
    }
  }
  return changed;
}
