/**
 * Static frequencies of a report's symbols, whole numbers of at least 1. Both ends hold them; they are data of the model.
 */
export interface PathTables {
  /** Highest level's class, none first: see `levelClass`. `[LEVEL_CLASSES + 1]` */
  readonly first: readonly number[];
  /** Whether a report ends after a level of a class, out of 4096. `[LEVEL_CLASSES]` */
  readonly end: readonly number[];
  /** The next level as a share of a level of a class, in sixteenths. `[LEVEL_CLASSES][16]` */
  readonly next: readonly (readonly number[])[];
  /** Angle along each axis of the array, in bins. `[2][antennas]` */
  readonly angle: readonly [readonly number[], readonly number[]];
  /** Delay of the first path, in half taps. `[2 numDelays]` */
  readonly delay: readonly number[];
  /** Delay of the others less that of the first, in half taps, from -2 numDelays up. `[4 numDelays]` */
  readonly later: readonly number[];
  /**
   * How much likelier a path makes places near its own, out of 4096: an angle a bin away at most, and where the angle is
   * so, a delay half a tap away at most.
   */
  readonly near: readonly [number, number];
}

/** @param level - at least 1 */
export function levelClass(level: number): number {
  let octave = 0;
  while (level >> (octave + 1) > 0) octave++;
  if (octave === 0) return 0;
  return 2 * octave - 1 + ((level >> (octave - 1)) & 1);
}

/** Least level of a class. */
export function classStart(index: number): number {
  if (index === 0) return 1;
  const octave = (index + 1) >> 1;
  return (1 << octave) + (((index + 1) & 1) << (octave - 1));
}

/** Running sums of frequencies, from 0. */
export function sumsOf(frequencies: readonly number[]): Int32Array {
  const sums = new Int32Array(frequencies.length + 1);
  for (let i = 0; i < frequencies.length; i++) sums[i + 1] = (sums[i] as number) + (frequencies[i] as number);
  return sums;
}
