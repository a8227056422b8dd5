import { type AngularDelayCsi, assertUsable, type NormalizedMagnitude } from '../../csi.ts';
import { scaledMagnitudesInto } from './components.ts';
import { uplinkNorm } from './normalize.ts';

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
