import { createRandom } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import { foldConvolution } from '../../../../scripts/model-tools/src/prune/pruned-encoder.ts';

const [numAntennas, numDelays, numOutputs] = [4, 5, 3];
const size = numAntennas * numDelays;
const random = createRandom(8);
const normals = (count: number) => Float32Array.from({ length: count }, () => random.gaussian());

it('gives what convolution, normalisation and Dense layer give in turn', () => {
  const conv = { taps: normals(9), bias: 0.3, gain: normals(numDelays), shift: normals(numDelays), leak: 1 };
  const dense = { numOutputs, numInputs: size, weights: normals(numOutputs * size), bias: normals(numOutputs) };
  const folded = foldConvolution(conv, dense, numAntennas);
  const x = normals(size);
  const at = (a: number, d: number) =>
    a < 0 || a >= numAntennas || d < 0 || d >= numDelays ? 0 : (x[a * numDelays + d] as number);
  const convolved = Array.from({ length: size }, (_, i) => {
    const [a, d] = [Math.floor(i / numDelays), i % numDelays];
    const sum = [...conv.taps].reduce(
      (total, tap, k) => total + tap * at(a + Math.floor(k / 3) - 1, d + (k % 3) - 1),
      0,
    );
    return (sum + conv.bias) * (conv.gain[d] as number) + (conv.shift[d] as number);
  });
  for (let row = 0; row < numOutputs; row++) {
    const dot = (weights: Float32Array, input: ArrayLike<number>) =>
      weights.subarray(row * size, (row + 1) * size).reduce((sum, weight, i) => sum + weight * (input[i] as number), 0);
    const expected = dot(dense.weights, convolved) + (dense.bias[row] as number);
    expect(dot(folded.weights, x) + (folded.bias[row] as number)).toBeCloseTo(expected, 4);
  }
});
