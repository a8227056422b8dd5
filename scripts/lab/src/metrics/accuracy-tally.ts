import { createRandom } from '@edge-csi/csi';
import { ClusteredMeans, type Interval } from './clustered-means.ts';
import { type Accuracy, ratioToDb, type SampleScore } from './score.ts';

/** Figures that some measurements add to those of `SampleScore`, a value a sample; each a ratio of squared errors, or bits. */
type Extra = 'floatErrorRatio' | 'unrefinedErrorRatio' | 'bits';

/** 95 % intervals of an accuracy, over clusters of samples. */
export type AccuracyIntervals = Readonly<Record<keyof Accuracy, Interval>> & {
  readonly floatMagnitudeNmseDb?: Interval;
  readonly unrefinedNmseDb?: Interval;
  readonly payloadBits?: Interval;
};

/** Accuracy with its uncertainty. */
export interface TalliedAccuracy extends Accuracy {
  readonly samples: number;
  /** What intervals are over: environments where the data tell them, else samples. */
  readonly clusters: number;
  /** Absent where there is one cluster only. */
  readonly intervals?: AccuracyIntervals;
}

const scores = ['errorRatio', 'magnitudeErrorRatio', 'sgcs', 'rho', 'subbandSgcs'] as const;

/**
 * Accumulates the accuracy of samples that come in clusters.
 *
 * @example
 * const tally = new AccuracyTally();
 * tally.add(environment, scoreEstimate(truth, estimate, 1024));
 * tally.result(1).intervals?.subbandSgcs;
 */
export class AccuracyTally {
  readonly #means: ClusteredMeans<keyof SampleScore | Extra>;
  readonly #extras: readonly Extra[];

  constructor(extras: readonly Extra[] = []) {
    this.#extras = extras;
    this.#means = new ClusteredMeans([...scores, ...extras]);
  }

  get samples(): number {
    return this.#means.numSamples;
  }

  add(cluster: number, score: SampleScore, extra: Readonly<Partial<Record<Extra, number>>> = {}): void {
    const none = { floatErrorRatio: 0, unrefinedErrorRatio: 0, bits: 0 };
    this.#means.add(cluster, { ...none, ...score, ...extra });
  }

  /** Of one of the extra figures. */
  meanOf(extra: Extra): number {
    return this.#means.mean(extra);
  }

  /** Samples and mean squared error ratio of each cluster. */
  errorsByCluster(): { readonly samples: readonly number[]; readonly errorRatio: readonly number[] } {
    const { samples, means } = this.#means.byCluster('errorRatio');
    return { samples, errorRatio: means };
  }

  /** @param seed - of the bootstrap; no intervals where it is absent */
  result(seed?: number): TalliedAccuracy {
    const intervals = seed === undefined ? undefined : this.#intervals(seed);
    return {
      nmseDb: ratioToDb(this.#means.mean('errorRatio')),
      magnitudeNmseDb: ratioToDb(this.#means.mean('magnitudeErrorRatio')),
      sgcs: this.#means.mean('sgcs'),
      rho: this.#means.mean('rho'),
      subbandSgcs: this.#means.mean('subbandSgcs'),
      samples: this.samples,
      clusters: this.#means.numClusters,
      ...(intervals && { intervals }),
    };
  }

  #intervals(seed: number): AccuracyIntervals | undefined {
    const ends = this.#means.intervals(createRandom(seed));
    if (ends === undefined) return undefined;
    const inDb = ([low, high]: Interval): Interval => [ratioToDb(low), ratioToDb(high)];
    const has = (extra: Extra) => this.#extras.includes(extra);
    return {
      nmseDb: inDb(ends.errorRatio),
      magnitudeNmseDb: inDb(ends.magnitudeErrorRatio),
      sgcs: ends.sgcs,
      rho: ends.rho,
      subbandSgcs: ends.subbandSgcs,
      ...(has('floatErrorRatio') && { floatMagnitudeNmseDb: inDb(ends.floatErrorRatio) }),
      ...(has('unrefinedErrorRatio') && { unrefinedNmseDb: inDb(ends.unrefinedErrorRatio) }),
      ...(has('bits') && { payloadBits: ends.bits }),
    };
  }
}
