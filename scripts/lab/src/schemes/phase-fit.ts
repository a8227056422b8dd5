import { createPhaseAllocation, type PhaseAllocation, phaseThresholds } from '@edge-csi/csi';

/** Most phase bits of an entry, as the models have it. */
const maxPhaseBits = 8;
/** Largest theta that csi takes. */
const maxTheta = 2 ** 24;

/**
 * Rounds a linear estimate of magnitudes from a codeword's integers to the link's phase allocation: int8 matrix with
 * the largest weight at 127, int32 bias.
 *
 * @param weights - magnitude of an entry per unit of a centred integer, row-major `[codewordLength][numEntries]`
 * @param bias - magnitude of an entry at the codeword 0, `[numEntries]`
 */
export function fitPhaseAllocation(weights: Float32Array, bias: Float32Array): PhaseAllocation {
  const numEntries = bias.length;
  const bytes = phaseAllocationBytes(weights, bias);
  return createPhaseAllocation({
    bytes,
    numEntries,
    codewordLength: weights.length / numEntries,
    maxBits: maxPhaseBits,
  });
}

/** The same as the bytes of a model's allocation.bin. */
export function phaseAllocationBytes(weights: Float32Array, bias: Float32Array): Uint8Array {
  const numEntries = bias.length;
  const codewordLength = weights.length / numEntries;
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  const unit = largest / 127 || 1;
  const bytes = new Uint8Array(numEntries * (codewordLength + 4));
  const view = new DataView(bytes.buffer);
  for (let entry = 0; entry < numEntries; entry++) {
    for (let i = 0; i < codewordLength; i++) {
      view.setInt8(entry * codewordLength + i, Math.round((weights[i * numEntries + entry] as number) / unit));
    }
    const at = numEntries * codewordLength + 4 * entry;
    view.setInt32(at, Math.round((bias[entry] as number) / unit), true);
  }
  return bytes;
}

/**
 * The smallest theta whose mean phase payload stays within a target.
 *
 * @param coarse - coarse magnitudes of samples, `[numSamples][numEntries]`
 * @param maxBits - most bits of an entry
 */
export function thetaFor(coarse: readonly Int32Array[], targetBits: number, maxBits = maxPhaseBits): number {
  let low = 1;
  let high = maxTheta;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (meanPhaseBits(coarse, middle, maxBits) <= targetBits) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Mean phase bits of a report at a theta. @param coarse - as of `thetaFor` */
export function meanPhaseBits(coarse: readonly Int32Array[], theta: number, maxBits: number): number {
  const thresholds = phaseThresholds(theta, maxBits);
  const lowest = thresholds[0] as number;
  let total = 0;
  for (const sample of coarse) {
    for (let entry = 0; entry < sample.length; entry++) {
      const magnitude = sample[entry] as number;
      if (magnitude < lowest) continue;
      let bits = 1;
      while (bits < maxBits && magnitude >= (thresholds[bits] as number)) bits++;
      total += bits;
    }
  }
  return total / coarse.length;
}
