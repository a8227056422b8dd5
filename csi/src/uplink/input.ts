import { type CsiShape, frobeniusNorm, scaledMagnitudesInto, scaledPartsInto } from '../csi.ts';
import { CsiError } from '../errors.ts';
import { createUplinkDenoiser } from './denoiser.ts';

/**
 * Writes the decoder's `uplink` of one sample as the BS makes it.
 *
 * @param out - `[numComponents]`
 * @param uplink - raw uplink CSI, planar `[2][numAntennas][numDelays]`; undefined stands for all zero
 * @throws CsiError `csi-invalid` where a value is not finite.
 */
export type UplinkInput = (out: Float32Array, uplink: Float32Array | undefined) => void;

/** Creates the one way from raw uplink CSI to the decoder of a model that sees CSI so: denoised, then normalised. */
export function createUplinkInput(representation: CsiShape & { readonly uplinkInto: UplinkInput }): UplinkInput {
  const denoiser = createUplinkDenoiser(representation);
  return (out, uplink) => representation.uplinkInto(out, uplink && denoiser.denoise(uplink));
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
