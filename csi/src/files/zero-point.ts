import { CsiError } from '../errors.ts';

/** The variable of CsiNet's files, whose zero is 0.5 by definition. */
const CSINET_NAME = 'HT';

/** Share of the range that real and imaginary parts reach below their zero at least, whatever the scale. */
const LEAST_NEGATIVE_SHARE = 0.02;

/** Share of the range that zero is away from 0 at least where parts are normalised. */
const LEAST_SHIFT = 0.1;

/** Values from which on their statistics tell units that are not 0..1 from raw ones. */
const FEWEST_VALUES = 2048;

/** Share of raw parts below 0 at least: there are as many as above. */
const MOST_NEGATIVE_SHARE = 0.01;

/** Values looked at to tell raw parts from normalised ones; only normalised ones need the exact median. */
const MOST_PROBED = 1 << 16;

/**
 * Finds the value that stands for zero in real and imaginary parts: their median, as parts are as often positive as negative and most
 * are close to zero. Raw parts have it at 0; parts normalised to 0..1 have it well inside. CsiNet's files have it at 0.5. DualNet's are
 * min-max scaled, (x - min) / (max - min) over the whole set, and do not keep min and max. The median does not care for a few values
 * past either end.
 *
 * @param label - file and variable, for errors
 * @throws CsiError `file-format` where the values have no sign, being magnitudes or absolute parts.
 */
export function findZeroPoint(values: Float32Array | Float64Array, name: string, label: string): number {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let numNegative = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // What is no number is no part of the range; whoever uses its sample hears of it.
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value < 0) numNegative++;
  }
  const range = max - min;
  if (!(range > 0) || numNegative > MOST_NEGATIVE_SHARE * values.length) return 0;
  const step = Math.max(1, Math.floor(values.length / MOST_PROBED));
  const probe = step === 1 ? values : values.filter((_, i) => i % step === 0);
  const isShifted = median(probe, min, max) > LEAST_SHIFT * range;
  if (isShifted && values.length < FEWEST_VALUES && max > 1.5) return 0;
  const zero = isShifted && name === CSINET_NAME ? 0.5 : median(values, min, max);
  if (zero - min >= LEAST_NEGATIVE_SHARE * range) return zero;
  throw new CsiError(
    'file-format',
    `${label}: values are ${min}..${max} and half of them at most ${zero}: these are magnitudes or absolute parts ` +
      'without signs, take the file with real and imaginary parts',
  );
}

const NUM_BINS = 1 << 16;

/** The median, in passes over the data that narrow down its bin: no copy of a large data set is sorted. */
function median(values: Float32Array | Float64Array, min: number, max: number): number {
  let rank = 0;
  let [low, high] = [min, max];
  let below = 0;
  for (let pass = 0; pass < 3 && high > low; pass++) {
    const counts = new Float64Array(NUM_BINS);
    let counted = 0;
    const perUnit = NUM_BINS / (high - low);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (!(value >= low && value <= high)) continue;
      counted++;
      const bin = Math.min(NUM_BINS - 1, Math.floor((value - low) * perUnit));
      counts[bin] = (counts[bin] as number) + 1;
    }
    // The first pass sees every number.
    if (pass === 0) rank = Math.floor((counted - 1) / 2);
    let bin = 0;
    while (bin < NUM_BINS - 1 && below + (counts[bin] as number) <= rank) below += counts[bin++] as number;
    [low, high] = [low + bin / perUnit, bin === NUM_BINS - 1 ? high : low + (bin + 1) / perUnit];
  }
  return (low + high) / 2;
}
