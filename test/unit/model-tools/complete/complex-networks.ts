import { regress, type SampleMatrix } from '../../../../scripts/lab/src/linear/regression.ts';
import { buildModel } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor, int64Tensor } from '../../../../scripts/model-tools/src/onnx/tensor.ts';

const dims = [2, 32, 32];

/**
 * A pair of networks as CsiNet is published, with an exporter's names: two planes are flattened, a Dense layer makes the codeword;
 * a Dense layer and a reshape make two planes of it. The codeword is of the inputs that vary most, the decoder their regression.
 *
 * @param inputs - planes of the samples to fit to
 * @param uplink - whether the decoder takes the uplink too, which it adds with a weight of 0
 */
export function complexNetworks(inputs: SampleMatrix, length: number, uplink = false) {
  const { width, values } = inputs;
  const rows = values.length / width;
  const mean = new Float64Array(width);
  const power = new Float64Array(width);
  for (const [i, value] of values.entries()) {
    mean[i % width] = (mean[i % width] as number) + value / rows;
    power[i % width] = (power[i % width] as number) + value ** 2 / rows;
  }
  const variance = (i: number) => (power[i] as number) - (mean[i] as number) ** 2;
  const kept = Array.from({ length: width }, (_, i) => i)
    .sort((a, b) => variance(b) - variance(a))
    .slice(0, length);
  const gain = 8;
  const weights = new Float32Array(length * width);
  kept.forEach((input, row) => {
    weights[row * width + input] = gain;
  });
  const codewords = Float32Array.from({ length: rows * length }, (_, i) => {
    return gain * (values[Math.floor(i / length) * width + (kept[i % length] as number)] as number);
  });
  const back = regress([{ width: length, values: codewords }], inputs, [1e-4]);
  const encoder = buildModel({
    inputs: [{ name: 'input.1', dims }],
    output: { name: '27', dims: [length] },
    initializers: [
      floatTensor('weights', [length, width], weights),
      floatTensor('bias', [length], new Float32Array(length)),
    ],
    operators: [
      { type: 'Flatten', inputs: ['input.1'], output: 'flat', attributes: { axis: 1 } },
      { type: 'Gemm', inputs: ['flat', 'weights', 'bias'], output: '27', attributes: { transB: 1 } },
    ],
  });
  const decoder = buildModel({
    inputs: [...(uplink ? [{ name: 'side', dims }] : []), { name: 'code', dims: [length] }],
    output: { name: 'csi_hat', dims },
    initializers: [
      floatTensor('back', [width, length], Float32Array.from(back.weights.to1DArray())),
      floatTensor('mean', [width], Float32Array.from(back.offset)),
      floatTensor('none', [1], Float32Array.of(0)),
      int64Tensor('planes', [-1, ...dims]),
    ],
    operators: [
      { type: 'Gemm', inputs: ['code', 'back', 'mean'], output: 'flat', attributes: { transB: 1 } },
      { type: 'Reshape', inputs: ['flat', 'planes'], output: uplink ? 'coarse' : 'csi_hat' },
      ...(uplink
        ? [
            { type: 'Mul', inputs: ['side', 'none'], output: 'nothing' },
            { type: 'Add', inputs: ['coarse', 'nothing'], output: 'csi_hat' },
          ]
        : []),
    ],
  });
  return { encoder, decoder };
}
