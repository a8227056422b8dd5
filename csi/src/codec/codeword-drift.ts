/** First two moments of each latent component over a training set, in units of the latent. */
export interface CodewordStatistics {
  readonly mean: readonly number[];
  /** Standard deviation, above 0. */
  readonly deviation: readonly number[];
}

/** Reports that the moving moments remember. */
const memoryReports = 1024;
/** Reports before the moments say anything. */
const leastReports = 64;

/**
 * How far the codewords that arrive are from those a model was trained on: an online stand-in for accuracy, which a BS
 * cannot measure without the true downlink.
 *
 * Kullback-Leibler divergence of a Gaussian with the moving moments of a component from one with the training set's, in nats, mean
 * over the components. 0 where they agree. Few UEs that do not move are a narrower distribution than a training set.
 */
export class CodewordDrift {
  readonly #statistics: CodewordStatistics;
  /** Moments of the components standardised by the training set's. */
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #reports = 0;

  constructor(statistics: CodewordStatistics) {
    this.#statistics = statistics;
    this.#mean = new Float64Array(statistics.mean.length);
    this.#square = new Float64Array(statistics.mean.length);
  }

  /** Takes one dequantised codeword `[codewordLength]` into account. */
  add(latent: Float32Array): void {
    const { mean, deviation } = this.#statistics;
    const weight = 1 / Math.min(++this.#reports, memoryReports);
    for (let i = 0; i < this.#mean.length; i++) {
      const z = ((latent[i] as number) - (mean[i] as number)) / (deviation[i] as number);
      this.#mean[i] = (this.#mean[i] as number) + weight * (z - (this.#mean[i] as number));
      this.#square[i] = (this.#square[i] as number) + weight * (z * z - (this.#square[i] as number));
    }
  }

  /** Mean divergence in nats; undefined before there are reports enough. */
  get nats(): number | undefined {
    if (this.#reports < leastReports) return undefined;
    let sum = 0;
    for (let i = 0; i < this.#mean.length; i++) {
      const square = this.#square[i] as number;
      // A component that has stood still in all of them is as narrow as can be told apart.
      const variance = Math.max(square - (this.#mean[i] as number) ** 2, 1e-6);
      sum += 0.5 * (square - 1 - Math.log(variance));
    }
    return sum / this.#mean.length;
  }
}
