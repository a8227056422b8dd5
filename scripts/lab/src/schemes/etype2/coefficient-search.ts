import type { Projection } from './beam-groups.ts';
import { amplitudeOf, type EType2Codebook, type EType2Pmi } from './codebook.ts';

/** Rounds in which subbands' phases are aligned to what the taps kept so far make of them. */
const alignmentRounds = 12;
/** Rounds over all coefficients; each ends early where none moved. */
const descentRounds = 6;

/**
 * The search for taps and coefficients of one set of beams: phases of subbands aligned, strongest coefficients kept, quantised, and
 * moved one by one as long as SGCS rises.
 */
export class CoefficientSearch {
  readonly #codebook: EType2Codebook;
  readonly #projection: Projection;
  /** Aligned target, `[2][2L][N3]`. */
  readonly #target: Float64Array;
  /** exp(j 2 pi t n / N3) by (t n) mod N3, `[2][N3]`. */
  readonly #turn: Float64Array;

  constructor(codebook: EType2Codebook, projection: Projection) {
    const { numSubbands } = codebook;
    this.#codebook = codebook;
    this.#projection = projection;
    this.#target = projection.values.slice();
    this.#turn = new Float64Array(2 * numSubbands);
    for (let t = 0; t < numSubbands; t++) {
      this.#turn[t] = Math.cos((2 * Math.PI * t) / numSubbands);
      this.#turn[numSubbands + t] = Math.sin((2 * Math.PI * t) / numSubbands);
    }
  }

  /** @returns the PMI found and the sum of its squared cosines over subbands, which ranks the groups */
  run(): { readonly pmi: EType2Pmi; readonly score: number } {
    this.#alignToStrongestRow();
    let taps: number[] = [];
    let kept: Float64Array = new Float64Array(0);
    for (let round = 0; round < alignmentRounds; round++) {
      taps = this.#chooseTaps();
      kept = this.#keepStrongest(taps);
      this.#alignTo(kept, taps);
    }
    return this.#descend(this.#quantise(kept, taps));
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
        power += (this.#target[at] as number) ** 2 + (this.#target[half + at] as number) ** 2;
      }
      if (power > most) [strongest, most] = [row, power];
    }
    for (let t = 0; t < numSubbands; t++) {
      const at = strongest * numSubbands + t;
      this.#turnSubband(t, this.#target[at] as number, -(this.#target[half + at] as number));
    }
  }

  /** Turns every subband to the phase that fits what the kept coefficients make of it. */
  #alignTo(kept: Float64Array, taps: readonly number[]): void {
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    const made = this.#synthesise(kept, taps);
    for (let t = 0; t < numSubbands; t++) {
      let re = 0;
      let im = 0;
      for (let at = t; at < half; at += numSubbands) {
        // target^H made
        re +=
          (this.#target[at] as number) * (made[at] as number) +
          (this.#target[half + at] as number) * (made[half + at] as number);
        im +=
          (this.#target[at] as number) * (made[half + at] as number) -
          (this.#target[half + at] as number) * (made[at] as number);
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
      const x = this.#target[at] as number;
      const y = this.#target[half + at] as number;
      this.#target[at] = (x * re - y * im) / length;
      this.#target[half + at] = (x * im + y * re) / length;
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
          const x = this.#target[row * numSubbands + t] as number;
          const y = this.#target[half + row * numSubbands + t] as number;
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
  #synthesise(coefficients: Float64Array, taps: readonly number[]): Float64Array {
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    const imaginary = taps.length * numRows;
    const out = new Float64Array(2 * half);
    taps.forEach((tap, f) => {
      for (let row = 0; row < numRows; row++) {
        const re = coefficients[f * numRows + row] as number;
        const im = coefficients[imaginary + f * numRows + row] as number;
        if (re === 0 && im === 0) continue;
        this.#addTap(out, row, tap, re, im);
      }
    });
    return out;
  }

  #addTap(out: Float64Array, row: number, tap: number, re: number, im: number): void {
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

  /** Quantises kept coefficients relative to the strongest, which is at tap 0. */
  #quantise(kept: Float64Array, taps: readonly number[]): EType2Pmi {
    const { numRows, numTaps, numBeams } = this.#codebook;
    const half = numTaps * numRows;
    const magnitude = Array.from({ length: half }, (_, at) =>
      Math.hypot(kept[at] as number, kept[half + at] as number),
    );
    let strongestRow = 0;
    for (let row = 1; row < numRows; row++) {
      if ((magnitude[row] as number) > (magnitude[strongestRow] as number)) strongestRow = row;
    }
    const unit = magnitude[strongestRow] as number;
    const base = Math.atan2(kept[half + strongestRow] as number, kept[strongestRow] as number);
    const bitmap = new Uint8Array(half);
    const amplitude = new Uint8Array(half);
    const phase = new Uint8Array(half);
    const weaker = strongestRow < numBeams ? 1 : 0;
    let peak = 0;
    for (let at = 0; at < half; at++) {
      if (Math.floor((at % numRows) / numBeams) === weaker) peak = Math.max(peak, magnitude[at] as number);
    }
    const weakerReference = peak === 0 ? 1 : Math.min(15, Math.max(1, Math.round(15 + 4 * Math.log2(peak / unit))));
    const reference: [number, number] = weaker === 1 ? [15, weakerReference] : [weakerReference, 15];
    for (let at = 0; at < half; at++) {
      if (magnitude[at] === 0) continue;
      const polarisation = at % numRows < numBeams ? 0 : 1;
      const relativeDb = Math.log2((magnitude[at] as number) / unit) - (reference[polarisation] - 15) / 4;
      bitmap[at] = 1;
      amplitude[at] = Math.min(7, Math.max(0, Math.round(7 + 2 * relativeDb)));
      const angle = Math.atan2(kept[half + at] as number, kept[at] as number) - base;
      phase[at] = ((Math.round((angle * 16) / (2 * Math.PI)) % 16) + 16) % 16;
    }
    amplitude[strongestRow] = 7;
    phase[strongestRow] = 0;
    const { group, beams } = this.#projection;
    return { group, beams, taps, strongestRow, bitmap, reference, amplitude, phase };
  }

  /** Moves one coefficient at a time to the amplitude and phase of most SGCS, until none moves. */
  #descend(start: EType2Pmi): { readonly pmi: EType2Pmi; readonly score: number } {
    const { numRows } = this.#codebook;
    const pmi = { ...start, amplitude: start.amplitude.slice(), phase: start.phase.slice() };
    const made = this.#synthesise(this.#coefficientsOf(pmi), pmi.taps);
    let score = this.#score(made);
    for (let round = 0; round < descentRounds; round++) {
      const before = score;
      for (let at = 0; at < pmi.bitmap.length; at++) {
        if (pmi.bitmap[at] === 0 || at === pmi.strongestRow) continue;
        const row = at % numRows;
        const tap = pmi.taps[Math.floor(at / numRows)] as number;
        this.#addCoefficient(made, pmi, at, row, tap, -1);
        const old = { amplitude: pmi.amplitude[at] as number, phase: pmi.phase[at] as number };
        let best = { ...old, score };
        for (const amplitude of around(old.amplitude, 0, 7)) {
          for (let turn = -1; turn <= 1; turn++) {
            pmi.amplitude[at] = amplitude;
            pmi.phase[at] = (old.phase + turn + 16) % 16;
            this.#addCoefficient(made, pmi, at, row, tap, 1);
            const trial = this.#score(made);
            this.#addCoefficient(made, pmi, at, row, tap, -1);
            if (trial > best.score + 1e-12) best = { amplitude, phase: pmi.phase[at] as number, score: trial };
          }
        }
        pmi.amplitude[at] = best.amplitude;
        pmi.phase[at] = best.phase;
        this.#addCoefficient(made, pmi, at, row, tap, 1);
        score = best.score;
      }
      if (score - before < 1e-9) break;
    }
    return { pmi, score };
  }

  #addCoefficient(made: Float64Array, pmi: EType2Pmi, at: number, row: number, tap: number, sign: 1 | -1): void {
    const amplitude = sign * amplitudeOf(this.#codebook, pmi, at);
    const angle = (2 * Math.PI * (pmi.phase[at] as number)) / 16;
    this.#addTap(made, row, tap, amplitude * Math.cos(angle), amplitude * Math.sin(angle));
  }

  #coefficientsOf(pmi: EType2Pmi): Float64Array {
    const { numRows, numTaps } = this.#codebook;
    const half = numTaps * numRows;
    const out = new Float64Array(2 * half);
    for (let at = 0; at < half; at++) {
      if (pmi.bitmap[at] === 0) continue;
      const amplitude = amplitudeOf(this.#codebook, pmi, at);
      const angle = (2 * Math.PI * (pmi.phase[at] as number)) / 16;
      out[at] = amplitude * Math.cos(angle);
      out[half + at] = amplitude * Math.sin(angle);
    }
    return out;
  }

  /** Sum over subbands of |target^H made|^2 / |made|^2: N3 times SGCS, as directions have unit norm. */
  #score(made: Float64Array): number {
    const { numRows, numSubbands } = this.#codebook;
    const half = numRows * numSubbands;
    let sum = 0;
    for (let t = 0; t < numSubbands; t++) {
      let re = 0;
      let im = 0;
      let power = 0;
      for (let at = t; at < half; at += numSubbands) {
        const x = made[at] as number;
        const y = made[half + at] as number;
        re += (this.#target[at] as number) * x + (this.#target[half + at] as number) * y;
        im += (this.#target[at] as number) * y - (this.#target[half + at] as number) * x;
        power += x * x + y * y;
      }
      if (power > 0) sum += (re * re + im * im) / power;
    }
    return sum;
  }
}

/** A level and its neighbours on a scale. */
function around(level: number, min: number, max: number): number[] {
  return [level - 1, level, level + 1].filter((value) => value >= min && value <= max);
}
