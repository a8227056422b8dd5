import { STEPS, THIRDS, UNIT_STEP } from './constants.ts';
import { powerOfTwo } from './matrix.ts';

const { fround } = Math;

/** Height of a step times 2^-exponent. @param index - 0 .. STEPS - 1 */
export function stepHeight(index: number, exponent: number): number {
  const octave = Math.floor((index - UNIT_STEP) / 3);
  const third = THIRDS[(index - UNIT_STEP - 3 * octave) as 0 | 1 | 2];
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
