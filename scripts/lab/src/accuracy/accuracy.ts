import { componentErrorRatio, squaredErrorRatio } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { isPathModel, type Manifest, type ReportManifest } from '@edge-csi/models';
import type { EncoderBackend } from '@edge-csi/ue-client';
import { type DataSample, hasUplink, linkSamples, sampleCount } from '../data.ts';
import { batchSize, openTransceiver } from '../link/transceiver.ts';
import { AccuracyTally, type TalliedAccuracy } from '../metrics/accuracy-tally.ts';
import { type LatencySummary, summarizeLatency } from '../metrics/latency.ts';
import { ratioToDb, scoreEstimate } from '../metrics/score.ts';

/** Accuracy of one model on one data set, no sockets. Every figure is from the code the link runs. */
export interface AccuracyRun extends TalliedAccuracy {
  readonly model: string;
  readonly family: string;
  /** Null of path reports, as the length of the codeword. */
  readonly reduction: number | null;
  readonly codewordLength: number | null;
  readonly pruned: boolean;
  readonly payloadBits: {
    readonly mean: number;
    /** Of a part, as the codec names it. */
    readonly [part: string]: number;
  };
  /**
   * NMSE of the decoder's own components with the codeword left unquantised: the literature's figure. Of |H| for a model
   * on magnitudes, which is the complex NMSE with perfect phase; of |Re| and |Im| for a model on absolute parts, which is
   * the complex NMSE with perfect signs. Absent where the codec runs no network.
   */
  readonly floatMagnitudeNmseDb?: number;
  /** One report at the UE, warm, from CSI to payload. */
  readonly latencyMs: { readonly encode: LatencySummary };
  /** Complex NMSE of the same reports without the BS's refiner; absent where the model has none. */
  readonly unrefinedNmseDb?: number;
  /** Set where the model could use an uplink, and the data have none: estimates are of reports alone. */
  readonly quality?: 'no-uplink';
  /** Samples and mean squared error ratio of each environment, in the order of the data, which has to tell them. */
  readonly environments?: { readonly samples: readonly number[]; readonly errorRatio: readonly number[] };
}

/** Accuracy of a model of networks. */
export type NetworkAccuracyRun = AccuracyRun & Required<Pick<AccuracyRun, 'floatMagnitudeNmseDb'>>;

export interface AccuracyOptions {
  readonly manifest: ReportManifest;
  readonly zoo: string;
  readonly source: CsiSource;
  readonly samples: number | undefined;
  /** What makes the UE's reports; default `ort`. */
  readonly encoder?: EncoderBackend | undefined;
  /** Of the intervals; there are none where it is absent. */
  readonly seed?: number;
  /** Ends the measurement after the batch under way; figures are of the samples so far. */
  readonly signal?: AbortSignal;
  /** Takes the score of every sample as it is measured. */
  readonly onSample?: (index: number, cluster: number, score: ReturnType<typeof scoreEstimate>) => void;
  readonly onProgress: (done: number) => void;
}

/**
 * Measures one model at its manifest's own rate: the UE's encoder and the BS's decoder, joined without sockets.
 *
 * @example
 * const run = await measureAccuracy({ manifest, zoo, source, samples: 256, seed: 1, onProgress: () => undefined });
 * `${run.nmseDb.toFixed(2)} dB at ${run.payloadBits.mean.toFixed(0)} bits`;
 */
export async function measureAccuracy(
  options: AccuracyOptions & { readonly manifest: Manifest },
): Promise<NetworkAccuracyRun>;
export async function measureAccuracy(options: AccuracyOptions): Promise<AccuracyRun>;
export async function measureAccuracy(options: AccuracyOptions): Promise<AccuracyRun> {
  const { manifest, source, signal } = options;
  const samples = sampleCount(source, options.samples);
  const transceiver = await openTransceiver(manifest, options.zoo, options.encoder);
  const { hasRefiner, carryFloat } = transceiver;
  const tally = new AccuracyTally([
    'bits',
    ...(carryFloat ? (['floatErrorRatio'] as const) : []),
    ...(hasRefiner ? (['unrefinedErrorRatio'] as const) : []),
  ]);
  const encodeMs: number[] = [];
  const bits: Record<string, number> = {};

  for (const { start, batch } of batches(source, samples, signal)) {
    const floats = await carryFloat?.(batch);
    const refined = await transceiver.carry(batch, {});
    const unrefined = hasRefiner ? await transceiver.carry(batch, {}, { refine: false }) : refined;
    for (const [i, { downlink, cluster }] of batch.entries()) {
      const { estimate, payloadBits, encodeMs: ms } = refined[i] as (typeof refined)[number];
      const float = floats?.[i];
      const plain = unrefined[i] as (typeof unrefined)[number];
      const score = scoreEstimate(downlink, estimate, manifest.csi.numSubcarriers);
      tally.add(cluster, score, {
        bits: payloadBits.total,
        ...(float && { floatErrorRatio: componentErrorRatio(float.truth, float.decoded) }),
        ...(hasRefiner && { unrefinedErrorRatio: squaredErrorRatio(downlink, plain.estimate) }),
      });
      options.onSample?.(start + i, cluster, score);
      encodeMs.push(ms);
      const { total: _, ...parts } = payloadBits;
      for (const [part, size] of Object.entries(parts)) bits[part] = (bits[part] ?? 0) + size;
    }
    options.onProgress(start + batch.length);
  }
  await transceiver.close();
  return {
    model: manifest.id,
    ...kindOf(manifest),
    payloadBits: {
      mean: tally.meanOf('bits'),
      ...Object.fromEntries(Object.entries(bits).map(([part, sum]) => [part, sum / tally.samples])),
    },
    ...tally.result(options.seed),
    ...(carryFloat && { floatMagnitudeNmseDb: ratioToDb(tally.meanOf('floatErrorRatio')) }),
    latencyMs: { encode: summarizeLatency(encodeMs) },
    ...(hasRefiner && { unrefinedNmseDb: ratioToDb(tally.meanOf('unrefinedErrorRatio')) }),
    ...(transceiver.usesUplink && !hasUplink(source) && ({ quality: 'no-uplink' } as const)),
    ...(source.environment && { environments: tally.errorsByCluster() }),
  };
}

/** What results say of the kind of a model; a path model has no reduction and no codeword. */
export function kindOf(manifest: ReportManifest) {
  const { family } = manifest;
  if (isPathModel(manifest)) return { family, reduction: null, codewordLength: null, pruned: false };
  return { family, reduction: manifest.reduction, codewordLength: manifest.codeword.length, pruned: manifest.pruned };
}

/** The first samples of a source as a transceiver takes them, batch by batch, until the signal is aborted. */
export function* batches(
  source: CsiSource,
  samples: number,
  signal?: AbortSignal,
): Generator<{ readonly start: number; readonly batch: readonly DataSample[] }> {
  for (let start = 0; start < samples && !signal?.aborted; start += batchSize) {
    yield { start, batch: linkSamples(source, start, Math.min(start + batchSize, samples)) };
  }
}
