import { type AngularDelayCsi, magnitudeErrorRatio, nmseDb, rho, sgcs, squaredErrorRatio } from '@edge-csi/csi';

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

/** Accumulates the accuracy of estimates against true downlink CSI. */
export class Scorer {
  readonly #errors: number[] = [];
  readonly #magnitudeErrors: number[] = [];
  readonly #numSubcarriers: number;
  #sgcs = 0;
  #rho = 0;

  constructor(numSubcarriers: number) {
    this.#numSubcarriers = numSubcarriers;
  }

  get count(): number {
    return this.#errors.length;
  }

  add(truth: AngularDelayCsi, estimate: AngularDelayCsi): void {
    this.#errors.push(squaredErrorRatio(truth, estimate));
    const numEntries = truth.numAntennas * truth.numDelays;
    const magnitude = new Float32Array(numEntries);
    for (let i = 0; i < numEntries; i++) {
      magnitude[i] = Math.hypot(estimate.values[i] as number, estimate.values[numEntries + i] as number);
    }
    this.#magnitudeErrors.push(magnitudeErrorRatio(truth.values, magnitude));
    this.#sgcs += sgcs(truth, estimate, this.#numSubcarriers);
    this.#rho += rho(truth, estimate, this.#numSubcarriers);
  }

  /** NaN throughout where nothing was added. */
  result(): Accuracy {
    if (this.count === 0) return { nmseDb: Number.NaN, magnitudeNmseDb: Number.NaN, sgcs: Number.NaN, rho: Number.NaN };
    return {
      nmseDb: nmseDb(this.#errors),
      magnitudeNmseDb: nmseDb(this.#magnitudeErrors),
      sgcs: this.#sgcs / this.count,
      rho: this.#rho / this.count,
    };
  }
}
