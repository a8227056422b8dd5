import type { DenseLayer } from '@edge-csi/models';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Writes W x + b, `[numOutputs]`. */
export function applyDenseInto(
  out: Float32Array,
  { numOutputs, numInputs, weights, bias }: DenseLayer,
  x: Float32Array,
): void {
  for (let row = 0; row < numOutputs; row++) {
    let sum = bias[row] as number;
    const start = row * numInputs;
    for (let column = 0; column < numInputs; column++)
      sum += (weights[start + column] as number) * (x[column] as number);
    out[row] = sum;
  }
}

/**
 * Truncations of W to lower ranks, the best in the Frobenius norm (Eckart and Young): two factors of rank r hold
 * r (numOutputs + numInputs) weights.
 */
export function lowRankLayers(layer: DenseLayer, ranks: readonly number[]): DenseLayer[] {
  const w = new Matrix(rowsOf(layer));
  // W W^T is small; its eigenvectors are W's left singular vectors. Eigenvalues come in rising order.
  const vectors = new EigenvalueDecomposition(w.mmul(w.transpose()), { assumeSymmetric: true }).eigenvectorMatrix;
  const { numOutputs } = layer;
  return ranks.map((rank) => {
    const leading = vectors.subMatrix(0, numOutputs - 1, numOutputs - rank, numOutputs - 1);
    const truncated = leading.mmul(leading.transpose().mmul(w));
    return { ...layer, weights: Float32Array.from(truncated.to1DArray()) };
  });
}

/** The layer with its weights rounded to `bits` each, symmetric, one scale per output. */
export function quantizedLayer(layer: DenseLayer, bits: number): DenseLayer {
  const { numOutputs, numInputs } = layer;
  const top = 2 ** (bits - 1) - 1;
  const weights = new Float32Array(layer.weights.length);
  for (let row = 0; row < numOutputs; row++) {
    const values = layer.weights.subarray(row * numInputs, (row + 1) * numInputs);
    const scale = bestScale(values, top);
    values.forEach((value, column) => {
      weights[row * numInputs + column] = scale * rounded(value / scale, top);
    });
  }
  return { ...layer, weights };
}

/** The scale with the least squared rounding error, from none clipped to many. */
function bestScale(values: Float32Array, top: number): number {
  const peak = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  let best = peak / top;
  let least = Number.POSITIVE_INFINITY;
  for (let shrink = 1; shrink >= 0.1; shrink -= 0.05) {
    const scale = (shrink * peak) / top;
    let error = 0;
    for (const value of values) error += (value - scale * rounded(value / scale, top)) ** 2;
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

function rounded(value: number, top: number): number {
  return Math.max(-top, Math.min(top, Math.round(value)));
}

function rowsOf({ numOutputs, numInputs, weights }: DenseLayer): number[][] {
  return Array.from({ length: numOutputs }, (_, row) =>
    Array.from(weights.subarray(row * numInputs, (row + 1) * numInputs)),
  );
}
