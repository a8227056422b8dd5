import type { DenseLayer } from '@edge-csi/models';
import { leadingEigenvectors, Matrix } from './matrix.ts';
import { rowOf, type SampleMatrix } from './regression.ts';

/** Writes W x + b, `[numOutputs]`. */
export function applyDenseInto(
  out: Float32Array,
  { numOutputs, numInputs, weights, bias }: DenseLayer,
  x: Float32Array,
): void {
  let row = 0;
  // Four rows at a time share the input's loads, and no addition need wait for the one before.
  for (; row + 4 <= numOutputs; row += 4) {
    let at = row * numInputs;
    let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
    for (let column = 0; column < numInputs; column++, at++) {
      const value = x[column] as number;
      sum0 += (weights[at] as number) * value;
      sum1 += (weights[at + numInputs] as number) * value;
      sum2 += (weights[at + 2 * numInputs] as number) * value;
      sum3 += (weights[at + 3 * numInputs] as number) * value;
    }
    out[row] = sum0 + (bias[row] as number);
    out[row + 1] = sum1 + (bias[row + 1] as number);
    out[row + 2] = sum2 + (bias[row + 2] as number);
    out[row + 3] = sum3 + (bias[row + 3] as number);
  }
  for (; row < numOutputs; row++) {
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
  // W W^T is small; its eigenvectors are W's left singular vectors.
  const vectors = leadingEigenvectors(w.mmul(w.transpose()), layer.numOutputs);
  return ranks.map((rank) => {
    const leading = vectors.subMatrix(0, vectors.rows - 1, vectors.columns - rank, vectors.columns - 1);
    const truncated = leading.mmul(leading.transpose().mmul(w));
    return { ...layer, weights: Float32Array.from(truncated.to1DArray()) };
  });
}

/** The layer with its weights rounded to `bits` each, 2..8, symmetric: integers times one factor per output. */
export function quantizedLayer(layer: DenseLayer, bits: number): DenseLayer & { readonly units: Float32Array } {
  const { numOutputs, numInputs } = layer;
  const top = 2 ** (bits - 1) - 1;
  const weights = new Float32Array(layer.weights.length);
  const units = new Float32Array(numOutputs);
  for (let row = 0; row < numOutputs; row++) {
    const values = layer.weights.subarray(row * numInputs, (row + 1) * numInputs);
    units[row] = bestScale(values, top);
    const unit = units[row] as number;
    values.forEach((value, column) => {
      weights[row * numInputs + column] = unit * rounded(value / unit, top);
    });
  }
  return { ...layer, weights, units };
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

/** What a Dense layer makes of samples. */
export function applyDense(layer: DenseLayer, samples: SampleMatrix): SampleMatrix {
  const count = samples.values.length / samples.width;
  const values = new Float32Array(count * layer.numOutputs);
  const projected = { width: layer.numOutputs, values };
  for (let row = 0; row < count; row++) applyDenseInto(rowOf(projected, row), layer, rowOf(samples, row));
  return projected;
}

/** The columns of samples that are named, in that order. */
export function selectColumns({ width, values }: SampleMatrix, columns: readonly number[]): SampleMatrix {
  const count = values.length / width;
  const selected = new Float32Array(count * columns.length);
  for (let row = 0; row < count; row++) {
    columns.forEach((column, i) => {
      selected[row * columns.length + i] = values[row * width + column] as number;
    });
  }
  return { width: columns.length, values: selected };
}

/** The layer with the outputs and inputs that are named. */
export function selectFrom(layer: DenseLayer, outputs: readonly number[], inputs: readonly number[]): DenseLayer {
  return {
    numOutputs: outputs.length,
    numInputs: inputs.length,
    weights: Float32Array.from(
      outputs.flatMap((row) => inputs.map((column) => layer.weights[row * layer.numInputs + column] as number)),
    ),
    bias: Float32Array.from(outputs, (row) => layer.bias[row] as number),
  };
}
