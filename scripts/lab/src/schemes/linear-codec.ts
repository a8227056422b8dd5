import { createQuantizer, type PhaseAllocation, type Quantizer } from '@edge-csi/csi';
import { allocateBits, type QuantizedComponent } from './codeword-bits.ts';
import { fitInnovation, type ObservedComponent } from './innovation.ts';
import type { LinearFit } from './linear-fit.ts';
import { fitPhaseAllocation, thetaFor } from './phase-fit.ts';

/** A codeword of principal components at one bit budget, and the phase allocation both ends derive from it. */
export interface LinearCodec {
  readonly codewordBits: number;
  readonly observed: readonly ObservedComponent[];
  readonly quantizer: Quantizer;
  readonly allocation: PhaseAllocation;
  /** Rate knobs worth trying, from many phase bits to few. */
  readonly thetas: readonly number[];
}

/** Phase bits worth trying, relative to the bits of the codeword. */
const phaseShares = [3, 2.2, 1.7, 1.35, 1.1, 0.9, 0.7, 0.5];

/**
 * Makes the codec of a bit budget: the components that the budget reaches, each with its bits and step.
 *
 * @param tables - `quantizeComponent` of each principal component
 * @param latents - all components of some samples to set the phase rate on, `[numComponents]` each
 * @param budget - bits of the codeword, at most
 */
export function createLinearCodec(
  fit: LinearFit,
  tables: readonly (readonly QuantizedComponent[])[],
  latents: readonly Float32Array[],
  budget: number,
): LinearCodec {
  const bits = allocateBits(tables, budget);
  const used = [...bits.keys()].filter((component) => (bits[component] as number) > 0);
  const chosen = used.map((component) => tables[component]?.[bits[component] as number] as QuantizedComponent);
  const observed = used.map((component, i) => {
    const { gain, noise } = chosen[i] as QuantizedComponent;
    return { component, gain, noise };
  });
  const steps = chosen.map(({ step }) => step);
  const quantizer = createQuantizer(
    used.map((component) => bits[component] as number),
    steps,
  );
  // The UE has no uplink estimate, so the coarse magnitude is PCA's; a centred integer is worth half a step.
  const { weights } = fitInnovation(fit, fit.meanPrior, observed);
  const perLevel = weights.map((weight, at) => (weight * (steps[Math.floor(at / fit.numEntries)] as number)) / 2);
  const allocation = fitPhaseAllocation(perLevel, fit.downlinkMean);

  const centred = new Int16Array(used.length);
  const coarse = latents.map((all) => {
    const out = new Int32Array(fit.numEntries);
    quantizer.centredInto(centred, quantizer.quantize({ domain: 'latent', values: observedLatents(observed, all) }));
    allocation.coarseInto(out, centred);
    return out;
  });
  const thetas = [...new Set(phaseShares.map((share) => thetaFor(coarse, share * quantizer.totalBits)))];
  return { codewordBits: quantizer.totalBits, observed, quantizer, allocation, thetas };
}

/** The components that a codeword is made of, `[codewordLength]`, out of all of them. */
export function observedLatents(observed: readonly ObservedComponent[], latents: Float32Array): Float32Array {
  return Float32Array.from(observed, ({ component }) => latents[component] as number);
}
