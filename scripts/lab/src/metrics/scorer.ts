import { type AngularDelayCsi, magnitudeErrorRatio, rho, sgcs, squaredErrorRatio } from '@edge-csi/csi';

/** Accuracy over a set of estimates. */
export interface Accuracy {
  /** 10 log10 of the mean of ||H - Hhat||^2 / ||H||^2, complex, truncated angular-delay matrix. */
  readonly nmseDb: number;
  /** The same on |H|. */
  readonly magnitudeNmseDb: number;
  /** Mean over samples and subcarriers of the squared cosine similarity. */
  readonly sgcs: number;
  /** The same without the square. */
  readonly rho: number;
}

/** Figures of one estimate; those of `Accuracy` are their means. */
export interface SampleScore {
  /** ||H - Hhat||^2 / ||H||^2. */
  readonly errorRatio: number;
  /** The same on |H|. */
  readonly magnitudeErrorRatio: number;
  readonly sgcs: number;
  readonly rho: number;
}

/** Scores one estimate against true downlink CSI. */
export function scoreEstimate(truth: AngularDelayCsi, estimate: AngularDelayCsi, numSubcarriers: number): SampleScore {
  const numEntries = truth.numAntennas * truth.numDelays;
  const magnitude = new Float32Array(numEntries);
  for (let i = 0; i < numEntries; i++) {
    magnitude[i] = Math.hypot(estimate.values[i] as number, estimate.values[numEntries + i] as number);
  }
  return {
    errorRatio: squaredErrorRatio(truth, estimate),
    magnitudeErrorRatio: magnitudeErrorRatio(truth.values, magnitude),
    sgcs: sgcs(truth, estimate, numSubcarriers),
    rho: rho(truth, estimate, numSubcarriers),
  };
}

/** Accumulates the accuracy of estimates against true downlink CSI. */
export class Scorer {
  readonly #numSubcarriers: number;
  readonly #sums = { errorRatio: 0, magnitudeErrorRatio: 0, sgcs: 0, rho: 0 };
  #count = 0;

  constructor(numSubcarriers: number) {
    this.#numSubcarriers = numSubcarriers;
  }

  get count(): number {
    return this.#count;
  }

  add(truth: AngularDelayCsi, estimate: AngularDelayCsi): void {
    const score = scoreEstimate(truth, estimate, this.#numSubcarriers);
    this.#count++;
    this.#sums.errorRatio += score.errorRatio;
    this.#sums.magnitudeErrorRatio += score.magnitudeErrorRatio;
    this.#sums.sgcs += score.sgcs;
    this.#sums.rho += score.rho;
  }

  /** NaN throughout where nothing was added. */
  result(): Accuracy {
    const mean = (sum: number) => sum / this.#count;
    return {
      nmseDb: ratioToDb(mean(this.#sums.errorRatio)),
      magnitudeNmseDb: ratioToDb(mean(this.#sums.magnitudeErrorRatio)),
      sgcs: mean(this.#sums.sgcs),
      rho: mean(this.#sums.rho),
    };
  }
}

/** Decibels of a ratio of powers. */
export function ratioToDb(ratio: number): number {
  return 10 * Math.log10(ratio);
}
