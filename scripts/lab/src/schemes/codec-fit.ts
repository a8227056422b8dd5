import { createPhaseAllocation, type PhaseAllocation, phaseThresholds } from '@edge-csi/csi/dualnet';

/** Most bits of one codeword component, csi's limit. */
const maxComponentBits = 8;

/** A component at a number of bits: its quantiser step, and q = gain y + noise, what the quantiser makes of latent y. */
export interface QuantizedComponent {
  /** Step with the least mean squared error. */
  readonly step: number;
  /** Mean squared error E (y - q)^2; the variance of y at 0 bits. */
  readonly distortion: number;
  /** E[q y] / E[y^2]; what is left of q is uncorrelated with y (Bussgang's decomposition). */
  readonly gain: number;
  /** E[q^2] - gain^2 E[y^2]. */
  readonly noise: number;
}

/** Loading of the quantiser in standard deviations, from tight to covering heavy tails. */
const loadings = Array.from({ length: 24 }, (_, i) => 1.2 * 10 ** (i / 23));

/**
 * Characterises the mid-rise quantiser of csi on one component at 0..8 bits.
 *
 * @param latent - zero-mean values of the component over samples
 */
export function quantizeComponent(latent: Float32Array): QuantizedComponent[] {
  let power = 0;
  for (const value of latent) power += (value * value) / latent.length;
  const table: QuantizedComponent[] = [{ step: 1, distortion: power, gain: 0, noise: 0 }];
  for (let bits = 1; bits <= maxComponentBits; bits++) {
    let best: QuantizedComponent | undefined;
    for (const loading of loadings) {
      const step = Math.max((2 * loading * Math.sqrt(power)) / 2 ** bits, 1e-9);
      const tried = quantizeAt(latent, bits, step, power);
      if (best === undefined || tried.distortion < best.distortion) best = tried;
    }
    table.push(best as QuantizedComponent);
  }
  return table;
}

function quantizeAt(latent: Float32Array, bits: number, step: number, power: number): QuantizedComponent {
  const half = 2 ** (bits - 1);
  let cross = 0;
  let square = 0;
  for (let i = 0; i < latent.length; i++) {
    const value = latent[i] as number;
    const level = Math.min(Math.max(Math.floor(value / step), -half), half - 1);
    const quantized = (level + 0.5) * step;
    cross += quantized * value;
    square += quantized * quantized;
  }
  cross /= latent.length;
  square /= latent.length;
  const gain = power > 0 ? cross / power : 0;
  return { step, distortion: power - 2 * cross + square, gain, noise: Math.max(0, square - gain * cross) };
}

/**
 * Bits of each component within a budget, 0..8: greedily, the bit that removes most squared error (transform coding;
 * components are orthonormal, so that squared errors add up).
 *
 * @param tables - `quantizeComponent` of each component
 * @returns `[tables.length]`, in sum at most `budget`
 */
export function allocateBits(tables: readonly (readonly QuantizedComponent[])[], budget: number): Uint8Array {
  const bits = new Uint8Array(tables.length);
  const gain = tables.map((table) => bitGain(table, 0));
  for (let spent = 0; spent < budget; spent++) {
    let best = 0;
    for (let i = 1; i < gain.length; i++) if ((gain[i] as number) > (gain[best] as number)) best = i;
    if (!((gain[best] ?? 0) > 0)) break;
    const given = (bits[best] as number) + 1;
    bits[best] = given;
    gain[best] = bitGain(tables[best] as QuantizedComponent[], given);
  }
  return bits;
}

/** Squared error that one bit more removes; none at the most bits. */
function bitGain(table: readonly QuantizedComponent[], bits: number): number {
  const next = table[bits + 1];
  return next === undefined ? 0 : (table[bits] as QuantizedComponent).distortion - next.distortion;
}

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
