import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AngularDelayCsi, createRandom, sgcs, squaredErrorRatio } from '@edge-csi/csi';
import type { ReportNetworks } from '@edge-csi/models';
import { batchSize, type LinkSample, openTransceiver } from '../link/transceiver.ts';
import { ClusteredMeans, type Interval } from '../metrics/clustered-means.ts';
import { ratioToDb } from '../metrics/score.ts';
import { type SubbandDirections, sgcsOfDirections, subbandDirections, subbandSgcs } from '../metrics/subbands.ts';

/** Values of a scheme's run-time knobs, by name. */
export type Setting = Readonly<Record<string, number>>;

/** What a BS knows of a channel once it has a report: the matrix, or no more than directions of subbands. */
export type ReportedCsi = AngularDelayCsi | SubbandDirections;

/**
 * Takes one carried report: sample index, every bit on the wire, what the BS knows, valid during the call, and bits that the BS
 * has sent down for it.
 */
type ReportSink = (index: number, bits: number, estimate: ReportedCsi, hintBits?: number) => void;

/** What every scheme needs of a sample. */
export type DownlinkSample = Omit<LinkSample, 'uplink'>;

/**
 * A way to report CSI, by a network, by paths or by another classical scheme, whose whole reports can be measured at any setting of its
 * knobs. Of a sample a scheme without networks may need the downlink alone.
 */
export interface Scheme<Sample extends DownlinkSample = LinkSample> {
  /** Model id, or a classical scheme's name. */
  readonly name: string;
  readonly family: 'network' | 'paths' | 'baseline';
  readonly settings: readonly Setting[];
  /** Carries samples from UE to BS, in order. */
  carry(samples: readonly Sample[], setting: Setting, onReport: ReportSink): Promise<void>;
}

/** Rate and accuracy of whole reports. */
export interface Measured {
  /** Mean bits of a whole report. */
  readonly bits: number;
  /** Mean bits that the BS sends down for a report; absent where it sends none. */
  readonly hintBits?: number;
  /** Complex NMSE, mean of the ratio; absent of a scheme that reports directions alone. */
  readonly nmseDb?: number;
  /** Mean over subcarriers. Absent in results of versions that did not record it, as what follows. */
  readonly sgcs?: number;
  /** Mean over the strongest eigenvectors of 13 subbands. */
  readonly subbandSgcs?: number;
  /** 95 %, over environments where the data tell them, else over samples. */
  readonly intervals?: { readonly nmseDb?: Interval; readonly sgcs: Interval; readonly subbandSgcs: Interval };
}

/** How a scheme is measured. */
export interface MeasureOptions {
  /** Subcarriers of the band; default 1,024. */
  readonly numSubcarriers?: number;
  /** Of the intervals; there are none where it is absent. */
  readonly seed?: number;
}

/**
 * Measures a scheme at one setting.
 *
 * @param isWorth - whether a setting of that cost is worth more figures: SGCS takes longer than the rest; always where absent
 */
export async function measureScheme<Sample extends DownlinkSample>(
  scheme: Scheme<Sample>,
  samples: readonly Sample[],
  setting: Setting,
  { numSubcarriers = 1024, seed }: MeasureOptions = {},
  isWorth: (judged: Measured) => boolean = () => true,
): Promise<Measured> {
  const estimates: ReportedCsi[] = [];
  const sums = { bits: 0, hintBits: 0, errorRatio: 0, subbandSgcs: 0 };
  const truthOf = (index: number): AngularDelayCsi => {
    const { downlink, truth = downlink } = samples[index] as Sample;
    return truth;
  };
  const errors: number[] = [];
  await scheme.carry(samples, setting, (index, bits, estimate, hintBits = 0) => {
    sums.bits += bits;
    sums.hintBits += hintBits;
    estimates[index] = { ...estimate, values: estimate.values.slice() } as ReportedCsi;
    if (estimate.domain === 'subband') {
      sums.subbandSgcs += subbandSgcs(subbandDirections(truthOf(index), numSubcarriers), estimate);
      return;
    }
    errors[index] = squaredErrorRatio(truthOf(index), estimate);
    sums.errorRatio += errors[index];
  });
  const mean = (sum: number) => sum / samples.length;
  const cost =
    errors.length > 0 ? { nmseDb: ratioToDb(mean(sums.errorRatio)) } : { subbandSgcs: mean(sums.subbandSgcs) };
  const judged = { bits: mean(sums.bits), ...(sums.hintBits > 0 && { hintBits: mean(sums.hintBits) }), ...cost };
  if (!isWorth(judged)) return judged;
  const means = new ClusteredMeans(['errorRatio', 'sgcs', 'subbandSgcs']);
  for (const [index, estimate] of estimates.entries()) {
    const { cluster = index } = samples[index] as Sample;
    means.add(cluster, {
      errorRatio: errors[index] ?? 0,
      ...similaritiesOf(truthOf(index), estimate, numSubcarriers),
    });
  }
  const ends = seed === undefined ? undefined : means.intervals(createRandom(seed));
  const inDb = ([low, high]: Interval): Interval => [ratioToDb(low), ratioToDb(high)];
  return {
    ...judged,
    sgcs: means.mean('sgcs'),
    subbandSgcs: means.mean('subbandSgcs'),
    ...(ends && {
      intervals: {
        ...(errors.length > 0 && { nmseDb: inDb(ends.errorRatio) }),
        sgcs: ends.sgcs,
        subbandSgcs: ends.subbandSgcs,
      },
    }),
  };
}

function similaritiesOf(truth: AngularDelayCsi, estimate: ReportedCsi, numSubcarriers: number) {
  const target = subbandDirections(truth, numSubcarriers);
  if (estimate.domain === 'subband') {
    return { sgcs: sgcsOfDirections(truth, estimate, numSubcarriers), subbandSgcs: subbandSgcs(target, estimate) };
  }
  return {
    sgcs: sgcs(truth, estimate, numSubcarriers),
    subbandSgcs: subbandSgcs(target, subbandDirections(estimate, numSubcarriers)),
  };
}

/** What a setting of a scheme is chosen by, the less the better: NMSE, or of directions, which have none, their SGCS. */
export function costOf({ nmseDb, subbandSgcs: similarity = 0 }: Measured): number {
  return nmseDb ?? -similarity;
}

/** A model as a scheme, over the knobs that a BS sets with Reconfigure. */
export interface NetworkScheme extends Scheme {
  close(): Promise<void>;
}

/** Opens a model of a zoo as a scheme, refined as a BS would. */
export async function openNetworkScheme(manifest: ReportNetworks, zoo: string): Promise<NetworkScheme> {
  const transceiver = await openTransceiver(manifest, zoo);
  return {
    name: manifest.id,
    family: 'network',
    settings: transceiver.sweep,
    carry: async (samples, setting: Setting, onReport) => {
      for (let start = 0; start < samples.length; start += batchSize) {
        const received = await transceiver.carry(samples.slice(start, start + batchSize), setting);
        for (const [i, { estimate, payloadBits }] of received.entries()) {
          onReport(start + i, payloadBits.total, estimate);
        }
      }
    },
    close: () => transceiver.close(),
  };
}

/** One operating point of one scheme. */
export interface RatePoint extends Measured {
  /** Model id, or a classical scheme's name. */
  readonly scheme: string;
  readonly family: Scheme['family'];
  readonly setting: Setting;
  /** The same point on the samples that the setting was chosen on, where those are others. */
  readonly chosenAt?: Measured;
}

/** Samples that settings are chosen on, and samples that the chosen ones are measured on; the same array to do both. */
export interface SweepSamples<Sample extends DownlinkSample = LinkSample> extends MeasureOptions {
  readonly select: readonly Sample[];
  readonly measure: readonly Sample[];
}

/**
 * Measures every setting of a scheme and keeps those worth choosing, those on the Pareto front of bits and cost, by rising bits.
 *
 * @throws AbortError where the signal is aborted: a curve with points missing is none.
 */
export async function sweep<Sample extends DownlinkSample>(
  scheme: Scheme<Sample>,
  samples: SweepSamples<Sample>,
  onProgress: (done: number) => void,
  signal?: AbortSignal,
): Promise<RatePoint[]> {
  const { name, family, settings } = scheme;
  const isOneSet = samples.measure === samples.select;
  const tried: RatePoint[] = [];
  for (const setting of settings) {
    // A classical scheme never leaves this turn of the event loop, and a signal would wait.
    await nextTurn();
    signal?.throwIfAborted();
    const isWorth = (judged: Measured) =>
      isOneSet && !tried.some((point) => point.bits <= judged.bits && costOf(point) <= costOf(judged));
    const measured = await measureScheme(scheme, samples.select, setting, samples, isWorth);
    tried.push({ scheme: name, family, ...measured, setting });
    onProgress(tried.length);
  }
  const chosen = paretoFront(tried, costOf);
  if (isOneSet) return chosen;
  // In the order tried, so that a scheme that keeps work between neighbouring settings can.
  const points: RatePoint[] = [];
  for (const { scheme: _, family: __, setting, ...chosenAt } of tried.filter((point) => chosen.includes(point))) {
    await nextTurn();
    signal?.throwIfAborted();
    const measured = await measureScheme(scheme, samples.measure, setting, samples);
    points.push({ scheme: name, family, ...measured, setting, chosenAt });
  }
  return points.sort((a, b) => a.bits - b.bits);
}

/** Points that no other beats in both bits and cost, by rising bits: the Pareto front. */
export function paretoFront<P extends { readonly bits: number }>(
  points: readonly P[],
  cost: (point: P) => number,
): P[] {
  const front: P[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const point of [...points].sort((a, b) => a.bits - b.bits || cost(a) - cost(b))) {
    if (!(cost(point) < least)) continue;
    front.push(point);
    least = cost(point);
  }
  return front;
}

/**
 * The most accurate point within a budget of total bits, `undefined` where nothing meets it. Accuracy is judged on the
 * samples the settings were chosen on; the budget has to hold there and where the point is measured.
 */
export function bestWithin(points: readonly RatePoint[], budget: number): RatePoint | undefined {
  const judged = (point: RatePoint) => point.chosenAt ?? point;
  return points
    .filter((point) => point.bits <= budget && judged(point).bits <= budget)
    .sort((a, b) => costOf(judged(a)) - costOf(judged(b)))[0];
}
