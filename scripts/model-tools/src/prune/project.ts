import { applyDenseInto } from '@edge-csi/lab/linear/dense-layer';
import { rowOf, type SampleMatrix } from '@edge-csi/lab/linear/regression';
import type { DenseLayer } from '@edge-csi/models';

/** What a Dense layer makes of samples. */
export function project(layer: DenseLayer, samples: SampleMatrix): SampleMatrix {
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
