import type { DenseLayer } from '@edge-csi/models';
import { applyDense } from '../../../../scripts/lab/src/linear/dense-layer.ts';
import { regress, type SampleMatrix } from '../../../../scripts/lab/src/linear/regression.ts';
import { buildModel } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor, int64Tensor } from '../../../../scripts/model-tools/src/onnx/tensor.ts';

const [numAntennas, numDelays] = [32, 32];
const size = numAntennas * numDelays;

/** A 3x3 kernel that gives back its input, times `gain`. */
const centre = (gain: number) => Float32Array.from({ length: 9 }, (_, i) => (i === 4 ? gain : 0));

const convolution = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], dilations: [1, 1] };

/**
 * A pair of networks after CsiNet, without uplink: convolution to two channels, LeakyReLU, Dense; and Dense, a residual
 * convolution, ReLU. Their Dense layers are a given encoder's, and the regression of the inputs on its latents.
 *
 * @param dense - of an encoder of 32 x 32 magnitudes
 */
export function csinetNetworks(dense: DenseLayer, inputs: SampleMatrix): { encoder: Uint8Array; decoder: Uint8Array } {
  const { numOutputs: length, weights, bias } = dense;
  const wide = new Float32Array(length * 2 * size);
  for (let row = 0; row < length; row++) wide.set(weights.subarray(row * size, (row + 1) * size), row * 2 * size);
  const edges = {
    magnitude: { name: 'magnitude', dims: [numAntennas, numDelays] },
    latent: { name: 'latent', dims: [length] },
  };
  const encoder = buildModel({
    inputs: [edges.magnitude],
    output: edges.latent,
    initializers: [
      int64Tensor('plane', [-1, 1, numAntennas, numDelays]),
      floatTensor('taps', [2, 1, 3, 3], Float32Array.from([...centre(1), ...centre(-1)])),
      floatTensor('wide', [length, 2 * size], wide),
      floatTensor('bias', [length], bias),
    ],
    operators: [
      { type: 'Reshape', inputs: ['magnitude', 'plane'], output: 'one' },
      { type: 'Conv', inputs: ['one', 'taps'], output: 'two', attributes: convolution },
      { type: 'LeakyRelu', inputs: ['two'], output: 'active', attributes: { alpha: { float: 0.3 } } },
      { type: 'Flatten', inputs: ['active'], output: 'flat', attributes: { axis: 1 } },
      { type: 'Gemm', inputs: ['flat', 'wide', 'bias'], output: 'latent', attributes: { transB: 1 } },
    ],
  });
  const back = regress([applyDense(dense, inputs)], inputs, [1e-4]);
  const decoder = buildModel({
    inputs: [edges.latent],
    output: edges.magnitude,
    initializers: [
      floatTensor('back', [size, length], Float32Array.from(back.weights.to1DArray())),
      floatTensor('mean', [size], Float32Array.from(back.offset)),
      int64Tensor('plane', [-1, 1, numAntennas, numDelays]),
      int64Tensor('matrix', [-1, numAntennas, numDelays]),
      floatTensor('taps', [1, 1, 3, 3], centre(0)),
    ],
    operators: [
      { type: 'Gemm', inputs: ['latent', 'back', 'mean'], output: 'flat', attributes: { transB: 1 } },
      { type: 'Reshape', inputs: ['flat', 'plane'], output: 'coarse' },
      { type: 'Conv', inputs: ['coarse', 'taps'], output: 'correction', attributes: convolution },
      { type: 'Add', inputs: ['coarse', 'correction'], output: 'refined' },
      { type: 'Relu', inputs: ['refined'], output: 'positive' },
      { type: 'Reshape', inputs: ['positive', 'matrix'], output: 'magnitude' },
    ],
  });
  return { encoder, decoder };
}
