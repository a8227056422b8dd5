import {
  type AngularDelayCsi,
  dequantizeScale,
  encodePhase,
  normalizeSpherical,
  quantizeScale,
  reconstructInto,
  type ScaleSpec,
} from '@edge-csi/csi';
import type { LinkSample } from '../link/transceiver.ts';
import { estimateInto, fitInnovation, type Innovation } from './innovation.ts';
import { type LinearCodec, observedLatents } from './linear-codec.ts';
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
