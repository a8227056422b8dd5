import {
  type AngularDelayCsi,
  createQuantizer,
  dequantizeScale,
  encodePhase,
  normalizeSpherical,
  type Quantizer,
  quantizeScale,
  reconstructInto,
  type ScaleSpec,
} from '@edge-csi/csi';
import type { PhaseAllocation } from '@edge-csi/csi/dualnet';
import type { LinkSample } from '../link/transceiver.ts';
import { allocateBits, fitPhaseAllocation, type QuantizedComponent, thetaFor } from './codec-fit.ts';
import { estimateInto, fitInnovation, type Innovation, type ObservedComponent } from './linear-estimate.ts';
import { type Expectation, expectationOf, type LinearFit, latentsOf, type Prior } from './linear-fit.ts';
import type { Scheme, Setting } from './scheme.ts';

/** What both ends know of one sample before it is coded. */
interface PreparedSample {
  readonly latents: Float32Array;
  readonly norm: number;
  readonly expectation: Expectation;
}

/** One sample's codeword on both ends, before its phases. */
interface CodedMagnitude {
  readonly centred: Int16Array;
  readonly codewordBits: number;
  /** The BS's estimate, `[numEntries]`. */
  readonly magnitude: Float32Array;
  readonly norm: number;
}

interface LinearSchemeOptions {
  readonly name: string;
  readonly fit: LinearFit;
  readonly prior: Prior;
  readonly codecs: readonly LinearCodec[];
  readonly scale: ScaleSpec;
}

/**
 * A codeword of principal components, estimated linearly at the BS from a prior: the mean (`pca`), or a regression on
 * the uplink magnitude (`linear-rrr`). Quantiser, phase allocation and phase coder are the link's own.
 */
export function createLinearScheme({ name, fit, prior, codecs, scale }: LinearSchemeOptions): Scheme {
  const innovations = new Map(codecs.map((codec) => [codec, fitInnovation(fit, prior, codec.observed)]));
  // What does not depend on the codec is computed once a sample.
  const prepared = new WeakMap<LinkSample, PreparedSample>();
  // All settings of a codec share its magnitudes, and they follow each other.
  let last: { samples: readonly LinkSample[]; codec: LinearCodec; coded: CodedMagnitude[] } | undefined;

  const settings = codecs.flatMap((codec) =>
    codec.thetas.map((phaseTheta) => ({
      codewordBits: codec.codewordBits,
      codewordLength: codec.quantizer.length,
      phaseTheta,
    })),
  );
  return {
    name,
    family: 'baseline',
    settings,
    carry: async (samples, setting: Setting, onReport) => {
      const codec = codecs.find(({ codewordBits }) => codewordBits === setting.codewordBits);
      const { phaseTheta } = setting;
      if (codec === undefined || phaseTheta === undefined) {
        throw new RangeError(`no ${name} codec of ${setting.codewordBits} bits at theta ${phaseTheta}`);
      }
      if (last?.samples !== samples || last.codec !== codec) {
        const innovation = innovations.get(codec) as Innovation;
        last = { samples, codec, coded: samples.map((sample) => codeMagnitude(sample, codec, innovation)) };
      }
      const bits = new Uint8Array(fit.numEntries);
      for (const [index, { centred, codewordBits, magnitude, norm }] of last.coded.entries()) {
        const { downlink } = samples[index] as LinkSample;
        const level = quantizeScale(norm, scale);
        codec.allocation.allocateInto(bits, centred, phaseTheta);
        const phase = encodePhase(downlink, bits);
        const values = new Float32Array(2 * fit.numEntries);
        reconstructInto(values, { magnitude, bits, phase: phase.bytes, norm: dequantizeScale(level, scale) });
        const estimate: AngularDelayCsi = { ...downlink, values };
        onReport(index, codewordBits + scale.bits + phase.bitLength, estimate);
      }
    },
  };

  function prepare({ downlink, uplink }: LinkSample): PreparedSample {
    const { magnitude, norm } = normalizeSpherical(downlink);
    return { latents: latentsOf(fit, magnitude.values), norm, expectation: expectationOf(fit, prior, uplink) };
  }

  function codeMagnitude(sample: LinkSample, codec: LinearCodec, innovation: Innovation): CodedMagnitude {
    const known = prepared.get(sample) ?? prepare(sample);
    prepared.set(sample, known);
    const { quantizer, observed } = codec;
    const latent = { domain: 'latent', values: observedLatents(observed, known.latents) } as const;
    const packed = quantizer.pack(quantizer.quantize(latent));
    const codeword = quantizer.unpack(packed.bytes);
    const centred = new Int16Array(quantizer.length);
    quantizer.centredInto(centred, codeword);
    const received = new Float32Array(quantizer.length);
    quantizer.dequantizeInto(received, codeword);
    const estimate = new Float32Array(fit.numEntries);
    estimateInto(estimate, innovation, received, known.expectation);
    return { centred, codewordBits: packed.bitLength, magnitude: estimate, norm: known.norm };
  }
}

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
function observedLatents(observed: readonly ObservedComponent[], latents: Float32Array): Float32Array {
  return Float32Array.from(observed, ({ component }) => latents[component] as number);
}
