import { Matrix } from 'ml-matrix';
import { GramSums } from './gram-sums.ts';
import { solveRidge } from './ridge.ts';

/** Values of samples, row-major `[numSamples][width]`. */
export interface SampleMatrix {
  readonly width: number;
  readonly values: Float32Array;
}

/** The linear estimate y = weights f + offset of least squared error. */
export interface Regression {
  /** `[target width][feature width]`, the features of all parts one after another. */
  readonly weights: Matrix;
  /** `[target width]` */
  readonly offset: Float64Array;
}

/**
 * Regresses a target on features with a ridge, relative to the features' mean variance.
 *
 * @param features - parts whose values stand side by side, of as many samples as the target
 * @throws CsiError `csi-invalid` where the features do not vary.
 */
export function regress(features: readonly SampleMatrix[], target: SampleMatrix, ridge: number): Regression {
  const numFeatures = features.reduce((sum, { width }) => sum + width, 0);
  const sums = sumsOf([...features, target], numFeatures);
  const cross = sums.covariance(0, numFeatures, numFeatures, target.width);
  const weights = solveRidge(sums.covariance(0, numFeatures, 0, numFeatures), cross, ridge).transpose();
  const offset = sums.mean(numFeatures, target.width);
  const explained = weights.mmul(Matrix.columnVector(sums.mean(0, numFeatures)));
  return { weights, offset: offset.map((mean, i) => mean - explained.get(i, 0)) };
}

/** Moments of parts side by side. @param leading - as of `GramSums` */
export function sumsOf(parts: readonly SampleMatrix[], leading: number): GramSums {
  const sums = new GramSums(
    parts.reduce((sum, { width }) => sum + width, 0),
    leading,
  );
  const [{ width, values } = { width: 1, values: new Float32Array(0) }] = parts;
  for (let row = 0; row < values.length / width; row++) sums.add(...parts.map((part) => rowOf(part, row)));
  return sums;
}

/** Values of one sample, a view. */
export function rowOf({ width, values }: SampleMatrix, row: number): Float32Array {
  return values.subarray(row * width, (row + 1) * width);
}
