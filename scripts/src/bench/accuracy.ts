import { componentErrorRatio, nmseDb } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { Manifest } from '@edge-csi/models';
import type { EncoderBackend } from '@edge-csi/ue-client';
import { usableSample } from '../data.ts';
import { type LatencySummary, summarizeLatency } from '../latency.ts';
import { type Accuracy, Scorer } from '../scorer.ts';
import { batchSize, type LinkSample, openTransceiver } from './transceiver.ts';

/** Accuracy of one model on one data set, no sockets. Every figure is from the code the link runs. */
export interface AccuracyRun extends Accuracy {
  readonly model: string;
  readonly reduction: number;
  readonly codewordLength: number;
  readonly pruned: boolean;
  readonly samples: number;
  readonly payloadBits: {
    readonly mean: number;
    readonly codeword: number;
    readonly phase: number;
    readonly scale: number;
  };
  /**
   * NMSE of the decoder's own components with the codeword left unquantised: the literature's figure. Of |H| for a model
   * on magnitudes, which is the complex NMSE with perfect phase; of |Re| and |Im| for a model on absolute parts, which is
   * the complex NMSE with perfect signs.
   */
  readonly floatMagnitudeNmseDb: number;
  /** One report at the UE, warm: normalise, encode, quantise, allocate, code phases. */
  readonly latencyMs: { readonly encode: LatencySummary };
  /** Complex NMSE of the same reports without the BS's refiner; absent where the model has none. */
  readonly unrefinedNmseDb?: number;
}

export interface AccuracyOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly source: CsiSource;
  readonly samples: number | undefined;
  /** What makes the UE's reports; default `ort`. */
  readonly encoder?: EncoderBackend | undefined;
  readonly onProgress: (done: number) => void;
}

/** Measures one model at its manifest's own rate. */
export async function measureAccuracy(options: AccuracyOptions): Promise<AccuracyRun> {
  const { manifest, source } = options;
  const samples = Math.min(options.samples ?? source.numSamples, source.numSamples);
  const transceiver = await openTransceiver(manifest, options.zoo, options.encoder);
  const config = { codewordTruncation: 0, phaseTheta: manifest.phase.theta };
  const scorer = new Scorer(manifest.csi.numSubcarriers);
  const unrefined = new Scorer(manifest.csi.numSubcarriers);
  const floatErrors: number[] = [];
  const encodeMs: number[] = [];
  const bits = { mean: 0, codeword: 0, phase: 0, scale: 0 };

  for (let start = 0; start < samples; start += batchSize) {
    const batch = linkSamples(source, start, Math.min(start + batchSize, samples));
    for (const { truth, decoded } of await transceiver.carryFloat(batch)) {
      floatErrors.push(componentErrorRatio(truth, decoded));
    }
    for (const [i, received] of (await transceiver.carry(batch, { ...config, refine: true })).entries()) {
      scorer.add((batch[i] as LinkSample).downlink, received.estimate);
      encodeMs.push(received.encodeMs);
      const { total, codeword, phase, scale } = received.payloadBits;
      bits.mean += total / samples;
      bits.codeword += codeword / samples;
      bits.phase += phase / samples;
      bits.scale += scale / samples;
    }
    if (transceiver.hasRefiner) {
      for (const [i, received] of (await transceiver.carry(batch, { ...config, refine: false })).entries()) {
        unrefined.add((batch[i] as LinkSample).downlink, received.estimate);
      }
    }
    options.onProgress(start + batch.length);
  }
  await transceiver.close();
  return {
    model: manifest.id,
    reduction: manifest.reduction,
    codewordLength: manifest.codeword.length,
    pruned: manifest.pruned,
    samples,
    payloadBits: bits,
    ...scorer.result(),
    floatMagnitudeNmseDb: nmseDb(floatErrors),
    latencyMs: { encode: summarizeLatency(encodeMs) },
    ...(transceiver.hasRefiner ? { unrefinedNmseDb: unrefined.result().nmseDb } : {}),
  };
}

/** Samples `start .. end - 1` in both bands. @throws CsiError as `usableSample`. */
export function linkSamples(source: CsiSource, start: number, end: number): LinkSample[] {
  return Array.from({ length: end - start }, (_, i) => {
    const index = start + i;
    return { downlink: usableSample(source, 'downlink', index), uplink: usableSample(source, 'uplink', index) };
  });
}
