import type { Projection } from './beam-groups.ts';
import { amplitudeOf, type EType2Codebook, type EType2Pmi } from './codebook.ts';
import { type FittedTaps, TapFit } from './tap-fit.ts';

/** Rounds over all coefficients; each ends early where none moved. */
const descentRounds = 6;

/** The search for the coefficients of one set of beams: fitted, quantised, and moved one by one as long as SGCS rises. */
export class CoefficientSearch {
  readonly #codebook: EType2Codebook;
  readonly #projection: Projection;
  readonly #fit: TapFit;

  constructor(codebook: EType2Codebook, projection: Projection) {
    this.#codebook = codebook;
    this.#projection = projection;
    this.#fit = new TapFit(codebook, projection);
  }

  /** @returns the PMI found and the sum of its squared cosines over subbands, which ranks the groups */
  run(): { readonly pmi: EType2Pmi; readonly score: number } {
    return this.#descend(this.#quantise(this.#fit.run()));
  }

  /** Quantises kept coefficients relative to the strongest, which is at tap 0. */
  #quantise({ taps, coefficients: kept }: FittedTaps): EType2Pmi {
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
      const octaves = Math.log2((magnitude[at] as number) / unit) - (reference[polarisation] - 15) / 4;
      bitmap[at] = 1;
      amplitude[at] = Math.min(7, Math.max(0, Math.round(7 + 2 * octaves)));
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
    const made = this.#fit.synthesise(this.#coefficientsOf(pmi), pmi.taps);
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
    this.#fit.addTap(made, row, tap, amplitude * Math.cos(angle), amplitude * Math.sin(angle));
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
        re += (this.#fit.target[at] as number) * x + (this.#fit.target[half + at] as number) * y;
        im += (this.#fit.target[at] as number) * y - (this.#fit.target[half + at] as number) * x;
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
