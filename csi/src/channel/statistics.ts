import type { AngularDelayCsi } from '../csi.ts';

/** What a set of channels in both bands looks like. Correlations are Pearson's over the entries of a sample. */
export interface ChannelStatistics {
  readonly samples: number;
  /** Of |H| in uplink and downlink, mean over samples. */
  readonly magnitudeCorrelation: number;
  /** Of |Re H| and |Im H| as one vector. */
  readonly partsCorrelation: number;
  /** Magnitude of the mean over samples of the normalised inner product: 0 where phases tell nothing. */
  readonly complexCorrelation: number;
  /** Mean share of downlink energy in the first 1, 2, 4, 8 and 16 delay taps. */
  readonly energyInFirstTaps: readonly number[];
  /** Median number of entries, strongest first, that hold 90, 95 and 99 % of the downlink's energy. */
  readonly entriesHolding: readonly number[];
}

const FIRST_TAPS = [1, 2, 4, 8, 16];
const SHARES_HELD = [0.9, 0.95, 0.99];

/** Gathers statistics sample by sample; a few numbers are kept of each. */
export class ChannelStatistician {
  #samples = 0;
  #magnitude = 0;
  #parts = 0;
  #complexRe = 0;
  #complexIm = 0;
  readonly #firstTaps = FIRST_TAPS.map(() => 0);
  readonly #entries: number[][] = SHARES_HELD.map(() => []);

  /** Takes in both bands of one sample. */
  add(downlink: AngularDelayCsi, uplink: AngularDelayCsi): void {
    const size = downlink.values.length / 2;
    this.#samples++;
    this.#magnitude += correlation(magnitudes(downlink), magnitudes(uplink));
    this.#parts += correlation(downlink.values.map(Math.abs), uplink.values.map(Math.abs));
    let re = 0;
    let im = 0;
    for (let i = 0; i < size; i++) {
      const [dRe, dIm] = [downlink.values[i] as number, downlink.values[size + i] as number];
      const [uRe, uIm] = [uplink.values[i] as number, uplink.values[size + i] as number];
      re += dRe * uRe + dIm * uIm;
      im += dIm * uRe - dRe * uIm;
    }
    const norm = Math.sqrt(energyOf(downlink.values) * energyOf(uplink.values));
    this.#complexRe += re / norm;
    this.#complexIm += im / norm;
    this.#addEnergy(downlink);
  }

  /** @returns what the samples so far have in common */
  result(): ChannelStatistics {
    const mean = (sum: number) => sum / this.#samples;
    return {
      samples: this.#samples,
      magnitudeCorrelation: mean(this.#magnitude),
      partsCorrelation: mean(this.#parts),
      complexCorrelation: mean(Math.hypot(this.#complexRe, this.#complexIm)),
      energyInFirstTaps: this.#firstTaps.map(mean),
      entriesHolding: this.#entries.map(lowerMedian),
    };
  }

  #addEnergy(csi: AngularDelayCsi): void {
    const powers = magnitudes(csi).map((magnitude) => magnitude * magnitude);
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (const [i, taps] of FIRST_TAPS.entries()) {
      const first = powers.reduce((sum, power, entry) => (entry % csi.numDelays < taps ? sum + power : sum), 0);
      this.#firstTaps[i] = (this.#firstTaps[i] as number) + first / total;
    }
    powers.sort().reverse();
    for (const [i, share] of SHARES_HELD.entries()) {
      let held = 0;
      let count = 0;
      while (count < powers.length && held < share * total) held += powers[count++] as number;
      this.#entries[i]?.push(count);
    }
  }
}

function magnitudes({ values }: AngularDelayCsi): Float64Array {
  const size = values.length / 2;
  return Float64Array.from({ length: size }, (_, i) => Math.hypot(values[i] as number, values[size + i] as number));
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const size = a.length;
  let [sumA, sumB, sumAa, sumBb, sumAb] = [0, 0, 0, 0, 0];
  for (let i = 0; i < size; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    sumA += x;
    sumB += y;
    sumAa += x * x;
    sumBb += y * y;
    sumAb += x * y;
  }
  const covariance = sumAb - (sumA * sumB) / size;
  return covariance / Math.sqrt((sumAa - (sumA * sumA) / size) * (sumBb - (sumB * sumB) / size));
}

function energyOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
