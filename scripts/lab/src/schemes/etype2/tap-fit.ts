import type { Projection } from './beam-groups.ts';
import type { EType2Codebook } from './codebook.ts';

/** Rounds in which subbands' phases are aligned to what the taps kept so far make of them. */
const alignmentRounds = 12;

/** Taps in the standard's order with their coefficients, not quantised yet. */
export interface FittedTaps {
  /** Ascending, the first 0. `[M]` */
  readonly taps: readonly number[];
  /** The K0 strongest coefficients, the rest zero, real parts first, `[2][M][2L]`. */
  readonly coefficients: Float64Array;
}

/**
 * The fit of taps to directions in the coordinates of a set of beams. The phase of a subband's direction is free, so each round turns
 * subbands to the phases that the taps kept so far make best use of.
 */
export class TapFit {
  readonly #codebook: EType2Codebook;
  /** Directions, turned as the fit goes, `[2][2L][N3]`. */
  readonly target: Float64Array;
  /** exp(j 2 pi t n / N3) by (t n) mod N3, `[2][N3]`. */
  readonly #turn: Float64Array;

  constructor(codebook: EType2Codebook, projection: Projection) {
    const { numSubbands } = codebook;
    this.#codebook = codebook;
    this.target = projection.values.slice();
    this.#turn = new Float64Array(2 * numSubbands);
    for (let t = 0; t < numSubbands; t++) {
      this.#turn[t] = Math.cos((2 * Math.PI * t) / numSubbands);
      this.#turn[numSubbands + t] = Math.sin((2 * Math.PI * t) / numSubbands);
    }
  }

  /** Aligns subbands and chooses taps and coefficients. Turns `target`. */
  run(): FittedTaps {
    this.#alignToStrongestRow();
    let taps: number[] = [];
    let coefficients: Float64Array = new Float64Array(0);
    for (let round = 0; round < alignmentRounds; round++) {
      taps = this.#chooseTaps();
      coefficients = this.#keepStrongest(taps);
      this.#alignTo(coefficients, taps);
    }
    return { taps, coefficients };
  }

  /** Turns every subband so that the strongest row is real and positive. */
  #alignToStrongestRow(): void {
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    let strongest = 0;
    let most = -1;
    for (let row = 0; row < numRows; row++) {
      let power = 0;
      for (let at = row * numSubbands; at < (row + 1) * numSubbands; at++) {
        power += (this.target[at] as number) ** 2 + (this.target[half + at] as number) ** 2;
      }
      if (power > most) [strongest, most] = [row, power];
    }
    for (let t = 0; t < numSubbands; t++) {
      const at = strongest * numSubbands + t;
      this.#turnSubband(t, this.target[at] as number, -(this.target[half + at] as number));
    }
  }

  /** Turns every subband to the phase that fits what the kept coefficients make of it. */
  #alignTo(kept: Float64Array, taps: readonly number[]): void {
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    const made = this.synthesise(kept, taps);
    for (let t = 0; t < numSubbands; t++) {
      let re = 0;
      let im = 0;
      for (let at = t; at < half; at += numSubbands) {
        // target^H made
        re +=
          (this.target[at] as number) * (made[at] as number) +
          (this.target[half + at] as number) * (made[half + at] as number);
        im +=
          (this.target[at] as number) * (made[half + at] as number) -
          (this.target[half + at] as number) * (made[at] as number);
      }
      this.#turnSubband(t, re, im);
    }
  }

  #turnSubband(t: number, re: number, im: number): void {
    const length = Math.hypot(re, im);
    if (length === 0) return;
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    for (let at = t; at < half; at += numSubbands) {
      const x = this.target[at] as number;
      const y = this.target[half + at] as number;
      this.target[at] = (x * re - y * im) / length;
      this.target[half + at] = (x * im + y * re) / length;
    }
  }

  /** Coefficients of every tap, least squares: 1 / N3 times the sum of target x exp(-j 2 pi t n / N3). `[2][N3 taps][2L]` */
  #spectrum(): Float64Array {
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    const out = new Float64Array(2 * half);
    for (let row = 0; row < numRows; row++) {
      for (let n = 0; n < numSubbands; n++) {
        let re = 0;
        let im = 0;
        for (let t = 0; t < numSubbands; t++) {
          const x = this.target[row * numSubbands + t] as number;
          const y = this.target[half + row * numSubbands + t] as number;
          const cos = this.#turn[(t * n) % numSubbands] as number;
          const sin = this.#turn[numSubbands + ((t * n) % numSubbands)] as number;
          re += x * cos + y * sin;
          im += y * cos - x * sin;
        }
        out[n * numRows + row] = re / numSubbands;
        out[half + n * numRows + row] = im / numSubbands;
      }
    }
    return out;
  }

  /** The M taps of most energy, turned so that the strongest coefficient's is 0: the others are told from there. */
  #chooseTaps(): number[] {
    const { numRows, numSubbands, numTaps } = this.#codebook;
    const spectrum = this.#spectrum();
    const half = numRows * numSubbands;
    const power = new Float64Array(numSubbands);
    let strongest = 0;
    let most = -1;
    for (let at = 0; at < half; at++) {
      const tap = Math.floor(at / numRows);
      const value = (spectrum[at] as number) ** 2 + (spectrum[half + at] as number) ** 2;
      power[tap] = (power[tap] as number) + value;
      if (value > most) [strongest, most] = [tap, value];
    }
    const others = [...power.keys()]
      .filter((tap) => tap !== strongest)
      .sort((a, b) => (power[b] as number) - (power[a] as number))
      .slice(0, numTaps - 1);
    const relative = (tap: number) => (tap - strongest + numSubbands) % numSubbands;
    // To turn all taps is to turn each subband by a phase, which is free.
    this.#roll(strongest);
    return [0, ...others.map(relative).sort((a, b) => a - b)];
  }

  #roll(tap: number): void {
    const { numSubbands } = this.#codebook;
    for (let t = 0; t < numSubbands; t++) {
      const at = (t * tap) % numSubbands;
      this.#turnSubband(t, this.#turn[at] as number, -(this.#turn[numSubbands + at] as number));
    }
  }

  /** The K0 strongest coefficients of the taps, the rest zero. `[2][M][2L]` */
  #keepStrongest(taps: readonly number[]): Float64Array {
    const { numRows, numSubbands, numTaps, maxCoefficients } = this.#codebook;
    const spectrum = this.#spectrum();
    const half = numTaps * numRows;
    const kept = new Float64Array(2 * half);
    taps.forEach((tap, f) => {
      for (let row = 0; row < numRows; row++) {
        kept[f * numRows + row] = spectrum[tap * numRows + row] as number;
        kept[half + f * numRows + row] = spectrum[numSubbands * numRows + tap * numRows + row] as number;
      }
    });
    const power = (at: number) => (kept[at] as number) ** 2 + (kept[half + at] as number) ** 2;
    const order = Array.from({ length: half }, (_, at) => at).sort((a, b) => power(b) - power(a));
    for (const at of order.slice(maxCoefficients)) {
      kept[at] = 0;
      kept[half + at] = 0;
    }
    return kept;
  }

  /** What coefficients make of rows and subbands, `[2][2L][N3]`. */
  synthesise(coefficients: Float64Array, taps: readonly number[]): Float64Array {
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    const imaginary = taps.length * numRows;
    const out = new Float64Array(2 * half);
    taps.forEach((tap, f) => {
      for (let row = 0; row < numRows; row++) {
        const re = coefficients[f * numRows + row] as number;
        const im = coefficients[imaginary + f * numRows + row] as number;
        if (re === 0 && im === 0) continue;
        this.addTap(out, row, tap, re, im);
      }
    });
    return out;
  }

  /** Adds what one coefficient of a tap makes of a row, over subbands. */
  addTap(out: Float64Array, row: number, tap: number, re: number, im: number): void {
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    for (let t = 0; t < numSubbands; t++) {
      const cos = this.#turn[(t * tap) % numSubbands] as number;
      const sin = this.#turn[numSubbands + ((t * tap) % numSubbands)] as number;
      const at = row * numSubbands + t;
      out[at] = (out[at] as number) + re * cos - im * sin;
      out[half + at] = (out[half + at] as number) + re * sin + im * cos;
    }
  }
}
