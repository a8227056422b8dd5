import type { Representation } from '../codec/dualnet/representation.ts';
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
export function createUplinkInput(representation: Representation): UplinkInput {
  const denoiser = createUplinkDenoiser(representation);
  return (out, uplink) => representation.uplinkInto(out, uplink && denoiser.denoise(uplink));
}
