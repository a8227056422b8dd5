import { GramSums } from './gram-sums.ts';
import { Matrix, solveRidge } from './matrix.ts';

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
 * @param ridges - to choose from, weakest first: the one that does best on the last fifth of the samples, fitted on the
 * others, is then fitted on all
 * @throws CsiError `csi-invalid` where the features do not vary.
 */
export function regress(
  features: readonly SampleMatrix[],
  target: SampleMatrix,
  ridges: readonly [number, ...number[]],
): Regression {
  const whole = momentsOf(features, target);
  if (ridges.length === 1) return whole(ridges[0]);
  const count = target.values.length / target.width;
  const split = Math.floor(0.8 * count);
  const first = momentsOf(
    features.map((part) => rowsOf(part, 0, split)),
    rowsOf(target, 0, split),
  );
  const held = features.map((part) => rowsOf(part, split, count));
  const errors = ridges.map((ridge) => squaredError(first(ridge), held, rowsOf(target, split, count)));
  return whole(ridges[errors.indexOf(Math.min(...errors))] ?? ridges[0]);
}

/** The regression on some samples, by ridge. */
function momentsOf(features: readonly SampleMatrix[], target: SampleMatrix): (ridge: number) => Regression {
  const numFeatures = features.reduce((sum, { width }) => sum + width, 0);
  const sums = sumsOf([...features, target], numFeatures);
  const cross = sums.covariance(0, numFeatures, numFeatures, target.width);
  const covariance = sums.covariance(0, numFeatures, 0, numFeatures);
  const mean = Matrix.columnVector(sums.mean(0, numFeatures));
  const targetMean = sums.mean(numFeatures, target.width);
  return (ridge) => {
    const weights = solveRidge(covariance, cross, ridge).transpose();
    const explained = weights.mmul(mean);
    return { weights, offset: targetMean.map((value, i) => value - explained.get(i, 0)) };
  };
}

function squaredError({ weights, offset }: Regression, features: readonly SampleMatrix[], target: SampleMatrix) {
  const count = target.values.length / target.width;
  const input = new Matrix(count, weights.columns);
  for (let row = 0; row < count; row++)
    input.setRow(
      row,
      features.flatMap((part) => Array.from(rowOf(part, row))),
    );
  const estimate = input.mmul(weights.transpose());
  let error = 0;
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < target.width; j++) {
      const value = target.values[row * target.width + j] as number;
      error += (value - estimate.get(row, j) - (offset[j] as number)) ** 2;
    }
  }
  return error;
}

function rowsOf({ width, values }: SampleMatrix, start: number, end: number): SampleMatrix {
  return { width, values: values.subarray(start * width, end * width) };
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
