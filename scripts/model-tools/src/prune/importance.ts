import { Matrix, rowOf, type SampleMatrix, solveRidge, sumsOf, triangularRoot } from '@edge-csi/lab/linear';

/** Ridge on covariances, relative to their mean variance. */
const ridge = 1e-6;

/**
 * The components of a codeword that are missed most, by backward elimination: one after another goes the component without
 * which a linear estimate of the first Dense layer's output, from the others and the uplink, grows worse by least.
 *
 * @param latents - of all components
 * @param uplink - features of the uplink that the decoder's linear estimate sees, where it sees any
 * @param dense - W of the decoder's first Dense layer, `[codewordLength][size]`
 * @returns `count` component indices, rising
 */
export function mostMissed(
  latents: SampleMatrix,
  uplink: SampleMatrix | undefined,
  dense: Matrix,
  count: number,
): number[] {
  const length = latents.width;
  const parts = uplink === undefined ? [latents] : [latents, uplink];
  const numFeatures = length + (uplink?.width ?? 0);
  const sums = sumsOf(parts, numFeatures);
  const covariance = sums.covariance(0, numFeatures, 0, numFeatures);
  const cross = sums.covariance(0, numFeatures, 0, length).mmul(triangularRoot(dense));
  // (A + ridge)^-1, and the regression's weights; both as of the features that are left.
  const precision = solveRidge(covariance, Matrix.eye(numFeatures), ridge);
  const weights = precision.mmul(cross);
  const left = new Set(Array.from({ length }, (_, component) => component));
  while (left.size > count) {
    const least = smallest(left, (j) => squareOf(weights.getRow(j)) / precision.get(j, j));
    left.delete(least);
    const factors = precision.getColumn(least).map((value) => value / precision.get(least, least));
    subtractOuter(weights, factors, weights.getRow(least));
    subtractOuter(precision, factors, precision.getRow(least));
  }
  return [...left].sort((a, b) => a - b);
}

/**
 * The delays whose entries matter most for the decoder: by the power of their part of the latent, seen through the first
 * Dense layer.
 *
 * @param weights - of the encoder's Dense layer for one delay's inputs, `[codewordLength][perDelay]`, by delay
 * @param inputs - of the encoder, delay fastest
 * @param dense - as of `mostMissed`
 * @returns `count` of the candidates, rising
 */
export function strongestDelays(
  weights: ReadonlyMap<number, Matrix>,
  inputs: SampleMatrix,
  numDelays: number,
  dense: Matrix,
  count: number,
): number[] {
  const metric = dense.mmul(dense.transpose());
  const power = ([delay, matrix]: readonly [number, Matrix]) => {
    const perDelay = matrix.columns;
    const entries = sumsOf([entriesOf(inputs, delay, numDelays)], perDelay).covariance(0, perDelay, 0, perDelay);
    return { delay, power: metric.mmul(matrix.mmul(entries).mmul(matrix.transpose())).trace() };
  };
  const ranked = [...weights].map(power).sort((a, b) => b.power - a.power || a.delay - b.delay);
  return ranked
    .slice(0, count)
    .map(({ delay }) => delay)
    .sort((a, b) => a - b);
}

/** Inputs of one delay. */
function entriesOf(inputs: SampleMatrix, delay: number, numDelays: number): SampleMatrix {
  const width = inputs.width / numDelays;
  const values = new Float32Array(inputs.values.length / numDelays);
  for (let i = 0; i < values.length; i++) values[i] = inputs.values[i * numDelays + delay] as number;
  return { width, values };
}

function smallest(candidates: Iterable<number>, value: (candidate: number) => number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const tried = value(candidate);
    if (tried < least) [best, least] = [candidate, tried];
  }
  return best;
}

function squareOf(row: readonly number[]): number {
  return row.reduce((sum, value) => sum + value * value, 0);
}

function subtractOuter(matrix: Matrix, column: readonly number[], row: readonly number[]): void {
  for (let i = 0; i < matrix.rows; i++) {
    const factor = column[i] as number;
    for (let j = 0; j < matrix.columns; j++) matrix.set(i, j, matrix.get(i, j) - factor * (row[j] as number));
  }
}

/** Mean of each column. */
export function meanOf(samples: SampleMatrix): Float64Array {
  const sum = new Float64Array(samples.width);
  const count = samples.values.length / samples.width;
  for (let row = 0; row < count; row++) {
    const values = rowOf(samples, row);
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number) / count;
  }
  return sum;
}
