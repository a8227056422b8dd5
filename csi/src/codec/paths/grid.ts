import type { PathAxis } from './axis.ts';
import { BIT_WORTH, FINE_LEVELS, MAX_LEVEL } from './constants.ts';
import { exactLog2 } from './turn.ts';

const { fround } = Math;

/** Those of a known path: its number in the list and what tells it from a fresh one, too. */
const KNOWN_SIDE_BITS = 5;

/** Bits of a path that do not depend on its level: what level and delay take, about, and what tables save. */
const SIDE_BITS = 2;

/**
 * One scale for everything: a path n steps high has its amplitude to a step, its phase to one of 2 pi n and its places to
 * 1 / (1.8 n) bin, so that each of its numbers errs by about the same energy (Han et al., "Efficient channel estimation
 * and feedback", IEEE TWC 2019, feed such paths back in fields of fixed width).
 */
export interface PathGrid extends PathLevels {
  /** Of paths at known places. */
  readonly known: PathLevels;
}

/** Which level an amplitude gets, and what it costs. */
export interface PathLevels {
  /** Amplitude in steps from which on a path has a level, `[FINE_LEVELS + 1]`. */
  readonly threshold: Float32Array;
  /** Bits of a path of a level, about, `[FINE_LEVELS + 1]`. */
  readonly bits: Float32Array;
  /** Bits that a path twice as high takes more. */
  readonly octaveBits: number;
}

/** Amplitude of a level in steps. Paths worth their bits are seldom less than one and a third high: hence the fifth. */
export function heightOf(level: number): number {
  return fround((5 * level + 1) / 5);
}

/** Cells a bin of a path of a level. */
export function finenessOf(level: number): number {
  return Math.max(2, Math.floor((180 * level + 86) / 100));
}

/** Phases a turn of a path of a level. */
export function phasesOf(level: number): number {
  return Math.floor((6283 * level + 2256) / 1000);
}

/** @param axes - of the matrix: more angles, more bits a path */
export function createGrid(axes: readonly PathAxis[]): PathGrid {
  return {
    ...createLevels(
      SIDE_BITS,
      axes.filter(({ count }) => count > 1),
    ),
    known: createLevels(KNOWN_SIDE_BITS, []),
  };
}

/** @param axes - along which a path tells its place */
function createLevels(sideBits: number, axes: readonly PathAxis[]): PathLevels {
  const threshold = new Float32Array(FINE_LEVELS + 1);
  const bits = new Float32Array(FINE_LEVELS + 1);
  for (let level = 1; level <= FINE_LEVELS; level++) {
    let sum = sideBits + exactLog2(phasesOf(level));
    for (const { count } of axes) sum += exactLog2(count * finenessOf(level));
    bits[level] = sum;
    const below = level === 1 ? 0 : heightOf(level - 1);
    const height = heightOf(level);
    const more = sum - (bits[level - 1] as number);
    threshold[level] = (below + height) / 2 + (BIT_WORTH * more) / (2 * (height - below));
    if (level > 1) threshold[level] = Math.max(threshold[level] as number, threshold[level - 1] as number);
  }
  return { threshold, bits, octaveBits: 1 + axes.length };
}

/** The level of an amplitude in steps; 0 where the path is not worth its bits. */
export function levelOf(grid: PathLevels, amplitude: number): number {
  if (amplitude >= MAX_LEVEL) return MAX_LEVEL;
  if (amplitude >= FINE_LEVELS + 1) return Math.floor(fround(amplitude + fround(0.3)));
  let low = 0;
  let high = FINE_LEVELS;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (amplitude >= (grid.threshold[middle] as number)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Bits of a path of a level, about. */
export function bitsOf(grid: PathLevels, level: number): number {
  let octaves = 0;
  while (level >> octaves > FINE_LEVELS) octaves++;
  return fround((grid.bits[level >> octaves] as number) + octaves * grid.octaveBits);
}
