import type { Representation } from '@edge-csi/csi';
import type { DenseLayer } from '@edge-csi/models';
import { buildModel, type Operator } from '../onnx/build.ts';
import { floatTensor, int64Tensor, type OnnxTensor } from '../onnx/tensor.ts';
import { storeWeights, type WeightWidth } from '../onnx/weights.ts';

/** A pruned encoder: one Dense layer of some delays, or two in a row. */
export interface PrunedEncoder {
  /** Delays that the first layer sees, rising. */
  readonly delays: readonly number[];
  /** Inputs are `[plane][antenna][delays]`; the last layer's outputs are the latent. */
  readonly layers: readonly DenseLayer[];
  readonly weightBits: WeightWidth;
}

/** Writes encoder.onnx of a pruned encoder. */
export function encoderModel({ delays, layers, weightBits }: PrunedEncoder, { tensor }: Representation): Uint8Array {
  const numDelays = tensor.dims.at(-1) as number;
  const initializers: OnnxTensor[] = [];
  const constants: Operator[] = [];
  const operators: Operator[] = [];
  let value: string = tensor.name;
  if (delays.length < numDelays) {
    initializers.push(int64Tensor('delays', delays));
    const attributes = { axis: tensor.dims.length };
    operators.push({ type: 'Gather', inputs: [value, 'delays'], output: 'kept', attributes });
    value = 'kept';
  }
  operators.push({ type: 'Flatten', inputs: [value], output: 'input', attributes: { axis: 1 } });
  value = 'input';
  for (const [i, { numOutputs, numInputs, weights, bias, units }] of layers.entries()) {
    const name = layers.length === 1 ? 'dense' : `dense.${i}`;
    const dims = [numOutputs, numInputs] as const;
    const stored = storeWeights({ name: `${name}.weight`, dims, values: weights, units }, weightBits);
    initializers.push(...stored.initializers, floatTensor(`${name}.bias`, [numOutputs], bias));
    constants.push(...stored.operators);
    const output = i + 1 < layers.length ? `${name}.output` : 'latent';
    const attributes = { transB: 1 };
    operators.push({ type: 'Gemm', inputs: [value, `${name}.weight`, `${name}.bias`], output, attributes });
    value = output;
  }
  return buildModel({
    inputs: [{ name: tensor.name, dims: tensor.dims }],
    output: { name: 'latent', dims: [layers.at(-1)?.numOutputs ?? 0] },
    initializers,
    operators: [...constants, ...operators],
  });
}
