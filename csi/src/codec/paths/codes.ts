import type { PathAxis } from './axis.ts';
import { finenessOf, heightOf, phasesOf } from './grid.ts';
import { type KnownPaths, knownPosition } from './known.ts';
import { hear, storePath } from './pursue.ts';
import type { PathSpace } from './space.ts';
import { cosineOfPart, sineOfPart, turnOf } from './turn.ts';

const { fround } = Math;

/** Of a path that tells its own place. */
export const FRESH = -1;

/** Paths as whole numbers: what a report holds. */
export interface PathCodes {
  count: number;
  /** Known places that paths may refer to. */
  list: KnownPaths | undefined;
  /** Number of the path's place in the list, `FRESH` where the path tells its own, `[capacity]`. */
  readonly reference: Int32Array;
  /** Amplitudes in steps, 0 for none, `[capacity]`. */
  readonly level: Int32Array;
  /** Places on the grid of the path's level, `[capacity][3]`: angle 1, angle 2, delay; 0 of a known path. */
  readonly cell: Int32Array;
  /** `[capacity]`, 0 .. phases - 1 */
  readonly phase: Int32Array;
}

export function createCodes(capacity: number): PathCodes {
  return {
    count: 0,
    list: undefined,
    reference: new Int32Array(capacity).fill(FRESH),
    level: new Int32Array(capacity),
    cell: new Int32Array(3 * capacity),
    phase: new Int32Array(capacity),
  };
}

/** Copies path `k` of one list to place `at` of another. */
export function copyCode(from: PathCodes, k: number, to: PathCodes, at: number): void {
  to.level[at] = from.level[k] as number;
  to.phase[at] = from.phase[k] as number;
  to.reference[at] = from.reference[k] as number;
  for (let axis = 0; axis < 3; axis++) to.cell[3 * at + axis] = from.cell[3 * k + axis] as number;
}

/**
 * Sorts paths as a report has them: strongest first; of one level known ones in the order of their list, then fresh ones in the
 * order of their first angles. Paths without a level are left out.
 */
export function sortCodes(from: PathCodes, to: PathCodes): void {
  let count = 0;
  to.list = from.list;
  for (let k = 0; k < from.count; k++) {
    const level = from.level[k] as number;
    const rank = rankOf(from, k);
    if (level === 0) continue;
    let at = count++;
    for (; at > 0; at--) {
      const other = to.level[at - 1] as number;
      if (other > level || (other === level && rankOf(to, at - 1) <= rank)) break;
      copyCode(to, at - 1, to, at);
    }
    copyCode(from, k, to, at);
  }
  to.count = count;
}

/** Order of paths of one level: known ones have negative ranks. */
function rankOf({ list, reference, cell }: PathCodes, k: number): number {
  const index = reference[k] as number;
  return index === FRESH || list === undefined ? (cell[3 * k] as number) : index - list.count;
}

/** Where path k is along an axis, bins. */
export function positionOf({ list, reference, cell, level }: PathCodes, k: number, axis: number): number {
  const index = reference[k] as number;
  if (index !== FRESH && list !== undefined) return knownPosition(list, index, axis);
  return (cell[3 * k + axis] as number) / finenessOf(level[k] as number);
}

/** Whether one of the first `count` paths is at a known place. */
export function isTaken(codes: PathCodes, count: number, index: number): boolean {
  for (let j = 0; j < count; j++) if (codes.reference[j] === index && codes.level[j] !== 0) return true;
  return false;
}

export function amplitudeOf(re: number, im: number): number {
  return fround(Math.sqrt(fround(fround(re * re) + fround(im * im))));
}

/** The cell of a position. */
function cellOf(axis: PathAxis, position: number, fineness: number): number {
  if (axis.count === 1) return 0;
  const cell = Math.floor(fround(fround(position * fineness) + 0.5));
  const all = axis.count * fineness;
  if (cell < all) return cell;
  return axis.whole ? cell - all : all - 1;
}

/** Rounds `space.place` to the grid of a level, in `space.cells` and `space.beside`. @returns whether path k is elsewhere */
export function roundPlace(space: PathSpace, codes: PathCodes, k: number, level: number): boolean {
  const fineness = finenessOf(level);
  let elsewhere = codes.reference[k] !== FRESH || fineness !== finenessOf(codes.level[k] as number);
  for (let axis = 0; axis < 3; axis++) {
    const cell = cellOf(space.axes[axis] as PathAxis, space.place[axis] as number, fineness);
    space.cells[axis] = cell;
    space.beside[axis] = fround(cell / fineness);
    if (cell !== codes.cell[3 * k + axis]) elsewhere = true;
  }
  return elsewhere;
}

/** Makes the candidate that `probeAt` left the kernels of path k. The place that the pursuit found stays on record. */
export function hearCell(space: PathSpace, k: number): void {
  hear(space, k);
  storePath(space, k);
}

/** Puts the gain of path k on the grid of a level, its phase the nearest, and notes it with `space.cells`. */
export function setGain(space: PathSpace, codes: PathCodes, k: number, level: number, step: number): void {
  const phases = phasesOf(level);
  const turn = turnOf(space.gainRe[k] as number, space.gainIm[k] as number);
  const nearest = Math.floor(fround(fround(turn * phases) + 0.5));
  const phase = nearest < phases ? nearest : 0;
  const height = fround(heightOf(level) * step);
  codes.level[k] = level;
  codes.phase[k] = phase;
  for (let axis = 0; axis < 3; axis++) codes.cell[3 * k + axis] = space.cells[axis] as number;
  space.gainRe[k] = fround(height * cosineOfPart(phase, phases));
  space.gainIm[k] = fround(height * sineOfPart(phase, phases));
}
