/** Panels of one polarisation, N1 x N2 ports, and their oversampling (TS 38.214, table 5.2.2.2.1-2), for 32 ports. */
const panels = {
  '16x1': { n1: 16, n2: 1, o1: 4, o2: 1 },
  '8x2': { n1: 8, n2: 2, o1: 4, o2: 4 },
  '4x4': { n1: 4, n2: 4, o1: 4, o2: 4 },
} as const;

/** A port layout, N1 x N2. */
export type EType2Panel = keyof typeof panels;

/** `paramCombination-r16` 1 to 8 for rank 1 (TS 38.214, table 5.2.2.2.5-1): beams L, share of taps p, share of coefficients beta. */
const combinations = [
  { numBeams: 2, tapShare: 1 / 4, coefficientShare: 1 / 4 },
  { numBeams: 2, tapShare: 1 / 4, coefficientShare: 1 / 2 },
  { numBeams: 4, tapShare: 1 / 4, coefficientShare: 1 / 4 },
  { numBeams: 4, tapShare: 1 / 4, coefficientShare: 1 / 2 },
  { numBeams: 4, tapShare: 1 / 4, coefficientShare: 3 / 4 },
  { numBeams: 4, tapShare: 1 / 2, coefficientShare: 1 / 2 },
  { numBeams: 6, tapShare: 1 / 4, coefficientShare: 1 / 2 },
  { numBeams: 6, tapShare: 1 / 4, coefficientShare: 3 / 4 },
] as const;

/** Every `paramCombination-r16` there is for 32 ports. */
export const etype2Combinations: readonly number[] = combinations.map((_, i) => i + 1);

/** What both ends agree on before the first report: panel, combination and subbands, and what follows from them. */
export interface EType2Codebook {
  readonly panel: EType2Panel;
  readonly n1: number;
  readonly n2: number;
  readonly o1: number;
  readonly o2: number;
  /** Beams L of one polarisation. */
  readonly numBeams: number;
  /** Rows of the coefficient matrix, 2 L: the beams of the first polarisation, then of the second. */
  readonly numRows: number;
  /** Subbands N3, at most 19. */
  readonly numSubbands: number;
  /** Taps M. */
  readonly numTaps: number;
  /** Most non-zero coefficients, K0. */
  readonly maxCoefficients: number;
}

/**
 * A precoding matrix indicator of rank 1. Coefficient (f, i) of tap f and row i lies at `f * 2 L + i`.
 *
 * The strongest coefficient is at tap 0; its amplitude and phase are 1 and are not sent.
 */
export interface EType2Pmi {
  /** Which orthogonal group of beams, q1 < O1 and q2 < O2. */
  readonly group: readonly [q1: number, q2: number];
  /** Beams of the group, ascending: n = N1 n2 + n1. `[L]` */
  readonly beams: readonly number[];
  /** Taps n3, ascending, the first 0. `[M]` */
  readonly taps: readonly number[];
  /** Row of the strongest coefficient. */
  readonly strongestRow: number;
  /** 1 where a coefficient is sent. `[M][2L]` */
  readonly bitmap: Uint8Array;
  /** Reference amplitude of each polarisation, k1: 2^(-(15 - k1) / 4). 15 for the strongest coefficient's. */
  readonly reference: readonly [number, number];
  /** Differential amplitudes, k2: 2^(-(7 - k2) / 2). `[M][2L]` */
  readonly amplitude: Uint8Array;
  /** Phases c: 2 pi c / 16. `[M][2L]` */
  readonly phase: Uint8Array;
}

/**
 * The Rel-16 enhanced type II codebook of rank 1 for 32 ports, R = 1 (TS 38.214, 5.2.2.2.5).
 *
 * @param combination - `paramCombination-r16`, 1..8
 * @param numSubbands - N3, 1..19
 * @throws RangeError where combination or subbands are out of bounds.
 *
 * @example
 * const codebook = createEType2Codebook('16x1', 4, 13);
 */
export function createEType2Codebook(panel: EType2Panel, combination: number, numSubbands: number): EType2Codebook {
  const parameters = combinations[combination - 1];
  if (parameters === undefined)
    throw new RangeError(`combination is ${combination}, must be 1..${combinations.length}`);
  if (!Number.isInteger(numSubbands) || numSubbands < 1 || numSubbands > 19) {
    throw new RangeError(`numSubbands is ${numSubbands}, must be 1..19: beyond, the standard sends a window of taps`);
  }
  const { numBeams, tapShare, coefficientShare } = parameters;
  const numTaps = Math.ceil(tapShare * numSubbands);
  const numRows = 2 * numBeams;
  const maxCoefficients = Math.ceil(coefficientShare * numRows * numTaps);
  return { panel, ...panels[panel], numBeams, numRows, numSubbands, numTaps, maxCoefficients };
}

/** Number of ports of one polarisation, N1 N2. */
export function portsPerPolarisation({ n1, n2 }: Pick<EType2Codebook, 'n1' | 'n2'>): number {
  return n1 * n2;
}

/**
 * A beam of a group, v(l, m), not normalised: port p = N2 p1 + p2 has phase 2 pi (l p1 / (O1 N1) + m p2 / (O2 N2)).
 *
 * @param out - real parts, then imaginary ones, `[2][N1 N2]`
 */
export function beamInto(out: Float64Array, codebook: EType2Codebook, group: EType2Pmi['group'], beam: number): void {
  const { n1, n2, o1, o2 } = codebook;
  const l = o1 * (beam % n1) + group[0];
  const m = o2 * Math.floor(beam / n1) + group[1];
  for (let p1 = 0; p1 < n1; p1++) {
    for (let p2 = 0; p2 < n2; p2++) {
      const angle = 2 * Math.PI * ((l * p1) / (o1 * n1) + (m * p2) / (o2 * n2));
      out[p1 * n2 + p2] = Math.cos(angle);
      out[n1 * n2 + p1 * n2 + p2] = Math.sin(angle);
    }
  }
}

/** Amplitude of the coefficient at `f * 2 L + i`, linear; 0 where it is not sent. */
export function amplitudeOf({ numRows, numBeams }: EType2Codebook, pmi: EType2Pmi, at: number): number {
  if (pmi.bitmap[at] === 0) return 0;
  const reference = pmi.reference[at % numRows < numBeams ? 0 : 1];
  return 2 ** ((reference - 15) / 4 + ((pmi.amplitude[at] as number) - 7) / 2);
}

/**
 * The precoder of every subband that a PMI stands for, each of unit norm.
 *
 * @returns real parts, then imaginary ones, `[2][N3][2 N1 N2]`: the ports of the first polarisation, then of the second
 */
export function etype2Precoder(codebook: EType2Codebook, pmi: EType2Pmi): Float64Array {
  const { numBeams, numRows, numSubbands, numTaps } = codebook;
  const ports = portsPerPolarisation(codebook);
  const imaginary = numSubbands * 2 * ports;
  const out = new Float64Array(2 * imaginary);
  const beam = new Float64Array(2 * ports);
  const power = new Float64Array(numSubbands);
  for (let row = 0; row < numRows; row++) {
    beamInto(beam, codebook, pmi.group, pmi.beams[row % numBeams] as number);
    const polarisation = row < numBeams ? 0 : ports;
    for (let t = 0; t < numSubbands; t++) {
      let re = 0;
      let im = 0;
      for (let f = 0; f < numTaps; f++) {
        const amplitude = amplitudeOf(codebook, pmi, f * numRows + row);
        const turn = (t * (pmi.taps[f] as number)) / numSubbands + (pmi.phase[f * numRows + row] as number) / 16;
        re += amplitude * Math.cos(2 * Math.PI * turn);
        im += amplitude * Math.sin(2 * Math.PI * turn);
      }
      power[t] = (power[t] as number) + re * re + im * im;
      for (let p = 0; p < ports; p++) {
        const at = t * 2 * ports + polarisation + p;
        const beamRe = beam[p] as number;
        const beamIm = beam[ports + p] as number;
        out[at] = (out[at] as number) + re * beamRe - im * beamIm;
        out[imaginary + at] = (out[imaginary + at] as number) + re * beamIm + im * beamRe;
      }
    }
  }
  for (let t = 0; t < numSubbands; t++) {
    const scale = 1 / Math.sqrt(ports * (power[t] as number));
    for (let at = t * 2 * ports; at < (t + 1) * 2 * ports; at++) {
      out[at] = scale * (out[at] as number);
      out[imaginary + at] = scale * (out[imaginary + at] as number);
    }
  }
  return out;
}
