import { CsiError } from '../errors.ts';
import { isComplex, type Outline } from './csi-axes.ts';

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

/** Share of the range within which half of the values lie, at most: where all are as far apart as that, zero cannot be told from them. */
const WIDEST_HALF = { complex: 0.5, signed: 0.1 };

/** Share of the range that zeros of the two parts are apart at least where each part has one of its own. */
const LEAST_APART = 0.01;

/** Samples from which on it is no chance that each reaches both ends of the range, and how many are looked at. */
const FEWEST_SAMPLES = 8;
const MOST_SAMPLES = 32;

/**
 * Finds the values that stand for zero in real and in imaginary parts: their median, as parts are as often positive as negative and most
 * are close to zero. Raw parts have it at 0; parts normalised to 0..1 have it well inside. CsiNet's files have it at 0.5. DualNet's are
 * min-max scaled, (x - min) / (max - min) over the whole set, and do not keep min and max; others scale so to -1..1, or each part
 * apart. The median does not care for a few values past either end.
 *
 * @param toImaginary - numbers from a real part to its imaginary part
 * @param label - file and variable, for errors
 * @throws CsiError `file-format` where the values have no sign, being magnitudes or absolute parts, and where each sample is normalised
 * by an extent of its own.
 */
export function findZeroPoints(
  values: ArrayLike<number>,
  toImaginary: number,
  variable: Outline,
  label: string,
): readonly [re: number, im: number] {
  const { min, max, numNegative } = extentOf(values);
  const range = max - min;
  const type = isComplex(variable.type) ? 'complex' : 'real';
  if (!(range > 0) || (type === 'complex' && values.length < FEWEST_VALUES)) return [0, 0];
  const [lower, middle, upper] = quartilesOf(values);
  const isSigned = numNegative > MOST_NEGATIVE_SHARE * values.length;
  if (isSigned) {
    const isOff = lower > 0 || upper < 0;
    if (!isOff || values.length < FEWEST_VALUES || upper - lower > WIDEST_HALF.signed * range) return [0, 0];
  } else {
    if (type === 'complex' && upper - lower > WIDEST_HALF.complex * range) return [0, 0];
    const isShifted = middle > LEAST_SHIFT * range;
    if (isShifted && values.length < FEWEST_VALUES && max > 1.5) return [0, 0];
    if (isShifted) requireOneExtent(values, variable, min, max, label);
    if (isShifted && variable.name === CSINET_NAME) return [0.5, 0.5];
  }
  const zero = median(values, min, max);
  if (zero - min < LEAST_NEGATIVE_SHARE * range) {
    throw new CsiError(
      'file-format',
      `${label}: values are ${min}..${max} and half of them at most ${zero}: these are magnitudes or absolute parts ` +
        'without signs, take the file with real and imaginary parts',
    );
  }
  if (zero === 0) return [0, 0];
  const [re, im] = ([0, 1] as const).map((part) => median(partOf(values, toImaginary, part), min, max)) as [
    number,
    number,
  ];
  return Math.abs(re - im) > LEAST_APART * range ? [re, im] : [zero, zero];
}

function partOf(values: ArrayLike<number>, toImaginary: number, part: 0 | 1): Float64Array {
  const out = new Float64Array(values.length / 2);
  for (let i = 0, at = 0; i < values.length; i++) {
    if (Math.floor(i / toImaginary) % 2 === part) out[at++] = values[i] as number;
  }
  return out;
}

function extentOf(values: ArrayLike<number>): {
  readonly min: number;
  readonly max: number;
  readonly numNegative: number;
} {
  let [min, max, numNegative] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // What is no number is no part of the range; whoever uses its sample hears of it.
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value < 0) numNegative++;
  }
  return { min, max, numNegative };
}

/** The quartiles of values spread evenly over all. */
function quartilesOf(values: ArrayLike<number>): readonly [number, number, number] {
  // Odd steps: every other value is an imaginary part.
  const step = 2 * Math.floor(values.length / MOST_PROBED / 2) + 1;
  const probe = Float64Array.from({ length: Math.ceil(values.length / step) }, (_, i) => values[i * step] as number);
  const sorted = probe.filter(Number.isFinite).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] as number;
  return [at(0.25), at(0.5), at(0.75)];
}

/** Refuses samples that each reach both ends of the range: each was normalised on its own, and where its zero is differs. */
function requireOneExtent(
  values: ArrayLike<number>,
  { shape }: Outline,
  min: number,
  max: number,
  label: string,
): void {
  const [numSamples = 1] = shape;
  if (numSamples < FEWEST_SAMPLES) return;
  const size = values.length / numSamples;
  const margin = 1e-6 * (max - min);
  const count = Math.min(numSamples, MOST_SAMPLES);
  for (let k = 0; k < count; k++) {
    const first = size * Math.floor((k * numSamples) / count);
    const sample = Float64Array.from({ length: size }, (_, i) => values[first + i] as number);
    const own = extentOf(sample);
    if (own.min > min + margin || own.max < max - margin) return;
  }
  throw new CsiError(
    'file-format',
    `${label}: each sample is normalised to ${min}..${max} on its own, so that zero is elsewhere in each; take the raw file, or bring zero to 0: ` +
      'x - numpy.median(x, axis=tuple(range(1, x.ndim)), keepdims=True)',
  );
}

const NUM_BINS = 1 << 16;

/** The median, in passes over the data that narrow down its bin: no copy of a large data set is sorted. */
function median(values: ArrayLike<number>, min: number, max: number): number {
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
