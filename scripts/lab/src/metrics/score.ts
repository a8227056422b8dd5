import { type AngularDelayCsi, magnitudeErrorRatio, rho, sgcs, squaredErrorRatio } from '@edge-csi/csi';
import { subbandDirections, subbandSgcs } from './subbands.ts';

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
  /** Mean over samples and 13 subbands of the squared cosine similarity of their strongest eigenvectors. */
  readonly subbandSgcs: number;
}

/** Figures of one estimate; those of `Accuracy` are their means. */
export interface SampleScore {
  /** ||H - Hhat||^2 / ||H||^2. */
  readonly errorRatio: number;
  /** The same on |H|. */
  readonly magnitudeErrorRatio: number;
  readonly sgcs: number;
  readonly rho: number;
  readonly subbandSgcs: number;
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
    subbandSgcs: subbandSgcs(subbandDirections(truth, numSubcarriers), subbandDirections(estimate, numSubcarriers)),
  };
}

/** Decibels of a ratio of powers. */
export function ratioToDb(ratio: number): number {
  return 10 * Math.log10(ratio);
}
