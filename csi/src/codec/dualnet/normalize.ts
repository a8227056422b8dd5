import {
  type AngularDelayCsi,
  assertUsable,
  type NormalizedMagnitude,
  type NormalizedParts,
  type Scale,
  scaledMagnitudesInto,
  scaledPartsInto,
  usableNorm,
} from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import { uplinkNorm } from '../../uplink/input.ts';

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
  scaledMagnitudesInto(values, csi.values, 1 / norm);
  return { magnitude: { domain: 'normalized-magnitude', numAntennas, numDelays, values }, norm };
}

/**
 * Divides |Re| and |Im| of each entry by the norm of the complex matrix.
 *
 * @throws CsiError `csi-invalid` where the matrix is not usable.
 */
export function normalizePartsSpherical(csi: AngularDelayCsi): { parts: NormalizedParts; norm: number } {
  const { numAntennas, numDelays } = csi;
  const norm = usableNorm(csi);
  const values = new Float32Array(2 * numAntennas * numDelays);
  scaledPartsInto(values, csi.values, 1 / norm);
  return { parts: { domain: 'normalized-parts', numAntennas, numDelays, values }, norm };
}

/** Range of |h| over a whole data set, the constants of the reference normalisation. */
export interface MinmaxRange {
  readonly min: number;
  readonly max: number;
}

/** What the least magnitude is mapped to. */
export const MINMAX_FLOOR = 0.5;

/**
 * Maps magnitudes to 0.5 + 0.5 (|h| - min) / (max - min), the normalisation of the CsiNet and DualNet data sets.
 *
 * @throws CsiError `csi-invalid` where the matrix is not usable.
 */
export function normalizeMinmax(csi: AngularDelayCsi, range: MinmaxRange): NormalizedMagnitude {
  assertUsable(csi);
  const { numAntennas, numDelays } = csi;
  const values = new Float32Array(numAntennas * numDelays);
  mapMagnitudesInto(values, csi.values, range);
  return { domain: 'normalized-magnitude', numAntennas, numDelays, values };
}

/**
 * Writes the magnitude of an uplink matrix, mapped as `normalizeMinmax` does. The matrix is not divided by its norm.
 *
 * @param out - `[n]`
 * @param values - uplink CSI, planar `[2][n]`
 * @throws CsiError `csi-invalid` where a value is not finite.
 */
export function uplinkMinmaxInto(out: Float32Array, values: Float32Array, range: MinmaxRange): void {
  uplinkNorm(values);
  mapMagnitudesInto(out, values, range);
}

/**
 * Undoes `normalizeMinmax`: writes magnitudes |h|. Values below 0.5 count as 0.5.
 *
 * @param out - as long as `values`; may be `values` itself
 */
export function invertMinmaxInto(out: Float32Array, values: Float32Array, range: MinmaxRange): void {
  if (out.length !== values.length) throw new RangeError(`out has ${out.length} entries, must have ${values.length}`);
  const perUnit = 2 * span(range);
  for (let i = 0; i < out.length; i++) {
    out[i] = range.min + (Math.max(values[i] as number, MINMAX_FLOOR) - MINMAX_FLOOR) * perUnit;
  }
}

function mapMagnitudesInto(out: Float32Array, values: Float32Array, range: MinmaxRange): void {
  const perUnit = 2 * span(range);
  scaledMagnitudesInto(out, values, 1);
  for (let i = 0; i < out.length; i++) out[i] = MINMAX_FLOOR + ((out[i] as number) - range.min) / perUnit;
}

function span({ min, max }: MinmaxRange): number {
  const width = max - min;
  if (!(width > 0)) throw new RangeError(`range is ${min}..${max}, max must be above min`);
  return width;
}

/** Grid of the norm on the wire: level 0 stands for `minDb`. */
export interface ScaleSpec {
  readonly minDb: number;
  readonly stepDb: number;
  /** Bits of a level, 1..16. */
  readonly bits: number;
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
