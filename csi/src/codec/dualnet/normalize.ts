import {
  type AngularDelayCsi,
  frobeniusNorm,
  type NormalizedMagnitude,
  type NormalizedParts,
  usableNorm,
} from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import { scaledMagnitudesInto, scaledPartsInto } from './components.ts';

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

/**
 * Writes the magnitude of an uplink matrix divided by its norm; all zeros where the uplink is all zero.
 *
 * @param out - `[n]`
 * @param values - uplink CSI, planar `[2][n]`
 * @throws CsiError `csi-invalid` where a value is not finite.
 */
export function uplinkMagnitudeInto(out: Float32Array, values: Float32Array): void {
  scaledMagnitudesInto(out, values, inverseNorm(values));
}

/** As `uplinkMagnitudeInto` for |Re| and |Im|, planar `[2][n]`. */
export function uplinkPartsInto(out: Float32Array, values: Float32Array): void {
  scaledPartsInto(out, values, inverseNorm(values));
}

/**
 * Frobenius norm of an uplink matrix, planar `[2][n]`; it may be 0.
 *
 * @throws CsiError `csi-invalid` naming a value that is not finite.
 */
export function uplinkNorm(values: Float32Array): number {
  const norm = frobeniusNorm(values);
  if (Number.isFinite(norm)) return norm;
  const at = values.findIndex((value) => !Number.isFinite(value));
  throw new CsiError('csi-invalid', `uplink value ${at} of ${values.length} is ${values[at]}`);
}

function inverseNorm(values: Float32Array): number {
  const norm = uplinkNorm(values);
  return norm === 0 ? 0 : 1 / norm;
}
