import type { Representation } from '@edge-csi/csi';
import { createDualnet } from '@edge-csi/csi/dualnet';
import {
  type ConvLayer,
  type DenseLayer,
  type EncoderLayers,
  type ModelBundle,
  readEncoderLayers,
} from '@edge-csi/models';
import { buildModel, type Operator } from '../onnx/graph.ts';
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

/**
 * A convolution and the Dense layer after it as one Dense layer: exact but for the LeakyReLU between them, which is taken
 * for the identity. Magnitudes are not negative, and little of what the trained convolutions make of them is.
 *
 * @param numAntennas - rows of the matrix that the convolution runs over
 */
export function foldConvolution(conv: ConvLayer, dense: DenseLayer, numAntennas: number): DenseLayer {
  const { numOutputs, numInputs } = dense;
  const numDelays = numInputs / numAntennas;
  const weights = new Float32Array(dense.weights.length);
  const bias = dense.bias.slice();
  for (let row = 0; row < numOutputs; row++) {
    const from = dense.weights.subarray(row * numInputs, (row + 1) * numInputs);
    const to = weights.subarray(row * numInputs, (row + 1) * numInputs);
    for (let a = 0; a < numAntennas; a++) {
      for (let d = 0; d < numDelays; d++) {
        const weight = from[a * numDelays + d] as number;
        const gain = conv.gain[d] as number;
        bias[row] = (bias[row] as number) + weight * (gain * conv.bias + (conv.shift[d] as number));
        for (let tap = 0; tap < 9; tap++) {
          const antenna = a + Math.floor(tap / 3) - 1;
          const delay = d + (tap % 3) - 1;
          if (antenna < 0 || antenna >= numAntennas || delay < 0 || delay >= numDelays) continue;
          const at = antenna * numDelays + delay;
          to[at] = (to[at] as number) + weight * gain * (conv.taps[tap] as number);
        }
      }
    }
  }
  return { numOutputs, numInputs, weights, bias };
}

/** What an encoder takes of a UE, whatever runs it. */
export interface EncoderCost {
  /** Weights and biases, normalisation included. */
  readonly parameters: number;
  /** Multiplications of one codeword. */
  readonly macs: number;
  /** encoder.onnx. */
  readonly bytes: number;
}

/** Counts an encoder's parameters and multiplications; weights of delays that it does not see are none. */
export function encoderCost(bundle: ModelBundle): EncoderCost {
  const { manifest } = bundle;
  const { representation } = createDualnet(bundle.codec);
  const { numDelays } = manifest.csi;
  const { conv, delays, rank, dense } = readEncoderLayers(bundle);
  const numInputs = (dense.numInputs / numDelays) * (delays?.length ?? numDelays);
  const weights = rank === undefined ? dense.numOutputs * numInputs : rank * (dense.numOutputs + numInputs);
  const biases = dense.numOutputs + (rank ?? 0);
  return {
    parameters: weights + biases + convParameters(conv),
    macs: weights + (conv === undefined ? 0 : 9 * representation.numComponents),
    bytes: manifest.files.encoder.bytes,
  };
}

function convParameters(conv: EncoderLayers['conv']): number {
  return conv === undefined ? 0 : conv.taps.length + 1 + conv.gain.length + conv.shift.length;
}
