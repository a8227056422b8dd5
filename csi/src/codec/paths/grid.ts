import type { PathAxis } from './axis.ts';
import { exactLog2 } from './turn.ts';

/** Highest level of a path: how many steps the strongest one may be high. */
export const MAX_LEVEL = 1023;
/** Error energy that one bit is worth where steps are of size 1: 2 ln 2 / 12. */
export const BIT_WORTH = Math.fround(Math.LN2 / 6);

export const G = { offset: 0.2, place: 1.8, placeOffset: 0.2, turn: 1, side: 7 };

/**
 * One scale for everything: a path that is n steps high has its amplitude to a step, its phase to one of 2 pi n and its
 * places to 1 / (1.8 n) bin, so that each of its numbers errs by about the same energy.
 */
export interface PathGrid {
  /** Amplitude of a level in steps, `[MAX_LEVEL + 1]`. */
  readonly height: Float32Array;
  /** Cells a bin. */
  readonly fine: Int32Array;
  /** Phases a turn. */
  readonly phases: Int32Array;
  /** Height from which on a path has the level, by error and bits. */
  readonly threshold: Float32Array;
  /** Bits of a path of the level, about. */
  readonly bits: Float32Array;
}

/** @param axes - of the matrix: more angles, more bits a level */
export function createGrid(axes: readonly PathAxis[]): PathGrid {
  const height = new Float32Array(MAX_LEVEL + 1);
  const fine = new Int32Array(MAX_LEVEL + 1);
  const phases = new Int32Array(MAX_LEVEL + 1);
  const threshold = new Float32Array(MAX_LEVEL + 1);
  const bits = new Float32Array(MAX_LEVEL + 1);
  for (let n = 1; n <= MAX_LEVEL; n++) {
    height[n] = n + G.offset;
    fine[n] = Math.max(2, Math.round(G.place * (n + G.placeOffset)));
    phases[n] = Math.max(4, Math.ceil(2 * Math.PI * (n + G.offset)*G.turn));
    let sum = exactLog2(phases[n] as number) + G.side - 5;
    for (const { count } of axes) if (count > 1) sum += exactLog2(count * (fine[n] as number)) ;
    bits[n] = sum - 1;
    const below = n === 1 ? 0 : (height[n - 1] as number);
    const gap = (height[n] as number) - below;
    const more = n === 1 ? sum : sum - (bits[n - 1] as number) - 1;
    threshold[n] = (below + (height[n] as number)) / 2 + (BIT_WORTH * Math.max(0, more)) / (2 * gap);
  }
  // A level never starts below the one before it.
  for (let n = 2; n <= MAX_LEVEL; n++) threshold[n] = Math.max(threshold[n] as number, threshold[n - 1] as number);
  return { height, fine, phases, threshold, bits };
}

/** The level of an amplitude in steps; 0 where the path is not worth its bits. */
export function levelOf(grid: PathGrid, amplitude: number): number {
  let low = 0;
  let high = MAX_LEVEL;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (amplitude >= (grid.threshold[middle] as number)) low = middle;
    else high = middle - 1;
  }
  return low;
}
