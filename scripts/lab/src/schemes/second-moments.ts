import type { Matrix } from 'ml-matrix';
import { GramSums } from '../linear/gram-sums.ts';
import type { FitSample } from './fit-samples.ts';

/** Means and covariances of magnitudes, x downlink and u uplink, over a set of samples. */
export interface SecondMoments {
  readonly count: number;
  /** `[numEntries]` each. */
  readonly downlinkMean: Float64Array;
  readonly uplinkMean: Float64Array;
  /** cov(x, x), cov(u, x) and cov(u, u), `[numEntries][numEntries]` each. */
  readonly downlink: Matrix;
  readonly uplinkDownlink: Matrix;
  readonly uplink: Matrix;
}

/** Sums the outer products of [x, u] over samples. */
export class MomentSums {
  readonly #numEntries: number;
  readonly #sums: GramSums;

  constructor(numEntries: number) {
    this.#numEntries = numEntries;
    this.#sums = new GramSums(2 * numEntries);
  }

  add({ downlink, uplink }: FitSample): void {
    this.#sums.add(downlink, uplink);
  }

  /** @throws RangeError where fewer than two samples were added. */
  moments(): SecondMoments {
    const n = this.#numEntries;
    return {
      count: this.#sums.count,
      downlinkMean: this.#sums.mean(0, n),
      uplinkMean: this.#sums.mean(n, n),
      downlink: this.#sums.covariance(0, n, 0, n),
      uplinkDownlink: this.#sums.covariance(n, n, 0, n),
      uplink: this.#sums.covariance(n, n, n, n),
    };
  }
}
