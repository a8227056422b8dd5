import { powerOfTwo } from './matrix.ts';

const { fround } = Math;

/** Steps are powers of 2^(1/3), two decibels, this many of them from -261 dB up. */
export const STEPS = 160;
/** Index of the step of height 1. */
const UNIT_STEP = 130;
const thirds = [1, fround(1.2599210498948732), fround(1.5874010519681994)] as const;

/** Height of a step times 2^-exponent. @param index - 0 .. STEPS - 1 */
export function stepHeight(index: number, exponent: number): number {
  const octave = Math.floor((index - UNIT_STEP) / 3);
  const third = thirds[(index - UNIT_STEP - 3 * octave) as 0 | 1 | 2];
  const power = octave - exponent;
  return fround(third * powerOfTwo(power < -126 ? -126 : power > 127 ? 127 : power));
}

/** Least step whose height, squared, is at least `square`; the last one where none is. */
export function leastStep(square: number, exponent: number): number {
  let low = 0;
  let high = STEPS - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const height = stepHeight(middle, exponent);
    if (fround(height * height) >= square) high = middle;
    else low = middle + 1;
  }
  return low;
}
