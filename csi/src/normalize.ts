import type { AngularDelayCsi, NormalizedMagnitude, Scale } from './csi.ts';
import { CsiError } from './errors.ts';

/** Grid of the norm on the wire: level 0 stands for `minDb`. */
export interface ScaleSpec {
  readonly minDb: number;
  readonly stepDb: number;
  /** Bits of a level, 1..16. */
  readonly bits: number;
}

/** Constants of the reference normalisation, taken over a whole data set. */
export interface MinmaxRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Checks that a matrix can be normalised: angular-delay domain, Float32Array of the right length, every entry finite,
 * not all zero.
 *
 * @throws CsiError `csi-invalid`, naming what was given or the first offending entry.
 */
export function assertUsable(csi: AngularDelayCsi): void {
  usableNorm(csi);
}

/** Frobenius norm of planar complex values, `[2][n]`. */
export function frobeniusNorm(values: Float32Array): number {
  let power = 0;
  for (let i = 0; i < values.length; i++) power += (values[i] as number) * (values[i] as number);
  return Math.sqrt(power);
}

/**
 * Divides the magnitude of each entry by the norm of the matrix ("spherical" normalisation), so that a mean squared
 * error of the result is a normalised one.
 *
 * @throws CsiError `csi-invalid` where the matrix is not usable.
 */
export function normalizeSpherical(csi: AngularDelayCsi): { magnitude: NormalizedMagnitude; norm: number } {
  const { numAntennas, numDelays } = csi;
  const norm = usableNorm(csi);
  const values = new Float32Array(numAntennas * numDelays);
  scaledMagnitudeInto(values, csi.values, 1 / norm);
  return { magnitude: { domain: 'normalized-magnitude', numAntennas, numDelays, values }, norm };
}

/**
 * Writes the magnitude of an uplink matrix divided by its norm; all zeros where the uplink is all zero.
 *
 * @param out - `[n]`
 * @param values - uplink CSI, planar `[2][n]`
 * @throws CsiError `csi-invalid` where a value is not finite.
 */
export function uplinkMagnitudeInto(out: Float32Array, values: Float32Array): void {
  if (values.length !== 2 * out.length) {
    throw new RangeError(`values has ${values.length} entries, must have ${2 * out.length}`);
  }
  const norm = frobeniusNorm(values);
  if (!Number.isFinite(norm)) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    throw new CsiError('csi-invalid', `uplink value ${at} of ${values.length} is ${values[at]}`);
  }
  if (norm === 0) out.fill(0);
  else scaledMagnitudeInto(out, values, 1 / norm);
}

/**
 * Maps magnitudes to 0.5 + 0.5 (|h| - min) / (max - min), the normalisation of the CsiNet and DualNet data sets.
 *
 * @throws CsiError `csi-invalid` where the matrix is not usable.
 */
export function normalizeMinmax(csi: AngularDelayCsi, range: MinmaxRange): NormalizedMagnitude {
  const span = minmaxSpan(range);
  assertUsable(csi);
  const { numAntennas, numDelays } = csi;
  const values = new Float32Array(numAntennas * numDelays);
  scaledMagnitudeInto(values, csi.values, 1);
  for (let i = 0; i < values.length; i++) values[i] = 0.5 + (0.5 * ((values[i] as number) - range.min)) / span;
  return { domain: 'normalized-magnitude', numAntennas, numDelays, values };
}

/** Undoes `normalizeMinmax`: magnitudes |h|, `[n]`. Values below 0.5 count as 0.5. */
export function invertMinmax(magnitude: NormalizedMagnitude, range: MinmaxRange): Float32Array {
  const span = minmaxSpan(range);
  return magnitude.values.map((value) => range.min + (Math.max(value, 0.5) - 0.5) * 2 * span);
}

/**
 * Quantises a norm to the nearest level of the grid.
 *
 * @throws CsiError `csi-invalid` where the norm is more than half a step beyond either end of the grid
 */
export function quantizeScale(norm: number, spec: ScaleSpec): Scale {
  if (!(norm >= 0)) throw new RangeError(`norm is ${norm}, must be at least 0`);
  const normDb = 20 * Math.log10(norm);
  const position = (normDb - spec.minDb) / spec.stepDb;
  const top = 2 ** spec.bits - 1;
  if (position < -0.5 || position > top + 0.5) {
    const grid = `${spec.minDb}..${spec.minDb + top * spec.stepDb} dB`;
    throw new CsiError('csi-invalid', `norm is ${normDb.toFixed(2)} dB, off the grid of ${grid}: scale the CSI`);
  }
  return { domain: 'scale', level: Math.min(Math.max(Math.round(position), 0), top) };
}

/**
 * The norm a level stands for, linear.
 *
 * @throws CsiError `payload-invalid` where the level is not on the grid.
 */
export function dequantizeScale(scale: Scale, spec: ScaleSpec): number {
  const { level } = scale;
  if (!Number.isInteger(level) || level < 0 || level >= 2 ** spec.bits) {
    throw new CsiError('payload-invalid', `scale level is ${level}, must be 0..${2 ** spec.bits - 1}`);
  }
  return 10 ** ((spec.minDb + level * spec.stepDb) / 20);
}

function usableNorm(csi: AngularDelayCsi): number {
  const { numAntennas, numDelays, values } = csi;
  // Callers without types reach this too.
  const domain: unknown = csi.domain;
  if (domain !== 'angular-delay') throw new CsiError('csi-invalid', `CSI domain is ${domain}, must be angular-delay`);
  if (!(values instanceof Float32Array)) {
    const given = Object.prototype.toString.call(values).slice(8, -1);
    throw new CsiError('csi-invalid', `CSI values are of type ${given}, must be a Float32Array`);
  }
  const numEntries = numAntennas * numDelays;
  if (values.length !== 2 * numEntries) {
    throw new CsiError(
      'csi-invalid',
      `CSI has ${values.length} values, 2 x ${numAntennas} antennas x ${numDelays} delays need ${2 * numEntries}`,
    );
  }
  const norm = frobeniusNorm(values);
  if (!Number.isFinite(norm)) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    const entry = at % numEntries;
    const part = at < numEntries ? 'real' : 'imaginary';
    throw new CsiError(
      'csi-invalid',
      `CSI ${part} part at antenna ${Math.floor(entry / numDelays)}, delay ${entry % numDelays} is ${values[at]}`,
    );
  }
  if (norm === 0) throw new CsiError('csi-invalid', `all ${numEntries} CSI entries are zero`);
  return norm;
}

function scaledMagnitudeInto(out: Float32Array, values: Float32Array, factor: number): void {
  const numEntries = out.length;
  for (let entry = 0; entry < numEntries; entry++) {
    const re = values[entry] as number;
    const im = values[numEntries + entry] as number;
    out[entry] = factor * Math.sqrt(re * re + im * im);
  }
}

function minmaxSpan({ min, max }: MinmaxRange): number {
  const span = max - min;
  if (!(span > 0)) throw new RangeError(`range is ${min}..${max}, max must be above min`);
  return span;
}
