import { createRandom, withEstimationNoise } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { type DataSample, sampleCount } from '../data.ts';
import { openTransceiver } from '../link/transceiver.ts';
import { AccuracyTally, type TalliedAccuracy } from '../metrics/accuracy-tally.ts';
import { type SampleScore, scoreEstimate } from '../metrics/score.ts';
import { UsageError } from '../usage-error.ts';
import { type AccuracyOptions, type AccuracyRun, batches } from './accuracy.ts';

/** What accuracy can be broken down by. */
export const breakdowns = ['distance', 'snr'] as const;

export type BreakdownName = (typeof breakdowns)[number];

/** Accuracy in one part of a breakdown. */
export interface AccuracyBin extends TalliedAccuracy {
  /** Least and greatest distance between BS and UE; by distance. */
  readonly distanceM?: readonly [number, number];
  /** Energy of the matrix over that of the noise which either end's measurement has; by SNR. */
  readonly snrDb?: number;
}

/** A model's accuracy, in parts where they were asked for. */
export interface BrokenDownRun extends AccuracyRun {
  readonly breakdown?: { readonly by: BreakdownName; readonly bins: readonly AccuracyBin[] };
}

/** Bins by distance hold as many samples each. */
const numDistanceBins = 5;
const snrsDb = [0, 5, 10, 15, 20, 30];

/** Bins of equally many samples by distance, to be filled as samples are scored. */
export interface DistanceBins {
  add(index: number, cluster: number, score: SampleScore): void;
  /** @param seed - of the intervals */
  result(seed: number): AccuracyBin[];
}

/**
 * Divides the first samples of a source by distance.
 *
 * @throws UsageError where the source does not tell distances.
 */
export function distanceBins(source: CsiSource, limit: number | undefined): DistanceBins {
  const { distanceM } = source;
  if (distanceM === undefined) {
    throw new UsageError(`--by distance needs distances, and ${source.name} has no distance_m; leave --by out`);
  }
  const count = sampleCount(source, limit);
  const distances = Float64Array.from({ length: count }, (_, index) => distanceM(index));
  const sorted = distances.slice().sort();
  const edges = Array.from({ length: numDistanceBins - 1 }, (_, i) => {
    return sorted[Math.floor(((i + 1) * count) / numDistanceBins)] as number;
  });
  const bins = Array.from({ length: numDistanceBins }, () => ({
    tally: new AccuracyTally(),
    distanceM: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as [number, number],
  }));
  return {
    add(index, cluster, score) {
      const distance = distances[index] as number;
      const bin = bins[edges.filter((edge) => edge <= distance).length] as (typeof bins)[number];
      bin.tally.add(cluster, score);
      bin.distanceM = [Math.min(bin.distanceM[0], distance), Math.max(bin.distanceM[1], distance)];
    },
    result: (seed) =>
      bins
        .filter(({ tally }) => tally.samples > 0)
        .map(({ tally, distanceM: range }) => ({ distanceM: range, ...tally.result(seed) })),
  };
}

/** As `AccuracyOptions`, progress counting the samples of all levels. */
type SnrOptions = Omit<AccuracyOptions, 'onSample'> & { readonly seed: number };

/** How many samples `measureBySnr` measures for each sample of the data. */
export const numSnrLevels = snrsDb.length;

/** Measures a model with white estimation noise on what either end measures, against the noise-free downlink. */
export async function measureBySnr(options: SnrOptions): Promise<AccuracyBin[]> {
  const { manifest, source, seed, signal } = options;
  const samples = sampleCount(source, options.samples);
  const transceiver = await openTransceiver(manifest, options.zoo, options.encoder);
  const bins: AccuracyBin[] = [];
  for (const [level, snrDb] of snrsDb.entries()) {
    // The same noise at every level, but for its power, so that levels differ by nothing else.
    const random = createRandom(seed);
    const tally = new AccuracyTally();
    for (const { start, batch } of batches(source, samples, signal)) {
      const measured = batch.map(({ downlink, uplink }) => ({
        downlink: withEstimationNoise(downlink, snrDb, random),
        uplink: uplink && withEstimationNoise(uplink, snrDb, random),
      }));
      for (const [i, { estimate }] of (await transceiver.carry(measured, {})).entries()) {
        const { downlink, cluster } = batch[i] as DataSample;
        tally.add(cluster, scoreEstimate(downlink, estimate, manifest.csi.numSubcarriers));
      }
      options.onProgress(level * samples + start + batch.length);
    }
    if (tally.samples > 0) bins.push({ snrDb, ...tally.result(seed) });
  }
  await transceiver.close();
  return bins;
}
