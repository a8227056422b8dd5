import { CsiError, createRepresentation } from '@edge-csi/csi';
import type { ModelBundle } from './bundle.ts';
import { requireRunnable } from './onnx-edges.ts';
import { type Constant, type FoldedGraph, foldConstants, type OnnxNode, readOnnxGraph } from './onnx-graph.ts';

/** A Dense layer y = W x + b. */
export interface DenseLayer {
  /** Codeword length M. */
  readonly numOutputs: number;
  readonly numInputs: number;
  /** W, row-major `[numOutputs][numInputs]`. */
  readonly weights: Float32Array;
  /** b, `[numOutputs]`. */
  readonly bias: Float32Array;
  /** Where each row of W is integers, -128..127, times a factor: these factors, `[numOutputs]`. */
  readonly units?: Float32Array;
}

/** The full encoder's convolution over one plane, zeros around it, then gain and shift of each delay, then LeakyReLU. */
export interface ConvLayer {
  /** Row-major `[3][3]`, antennas by delays. */
  readonly taps: Float32Array;
  readonly bias: number;
  /** `[numDelays]` */
  readonly gain: Float32Array;
  /** `[numDelays]` */
  readonly shift: Float32Array;
  /** What negative values are multiplied by. */
  readonly leak: number;
}

/** An encoder's network. */
export interface EncoderLayers {
  /** Absent where the encoder is the Dense layer alone. */
  readonly conv?: ConvLayer;
  /** Delays that the Dense layer sees, rising; its weights of the others are zero. Absent where it sees all. */
  readonly delays?: readonly number[];
  /** Rank of the two factors that the Dense layer is written as; absent where it is one matrix. */
  readonly rank?: number;
  /** Over all components, its factors multiplied out. */
  readonly dense: DenseLayer;
}

/** Operators that move values about without changing them, for the shapes the encoders have. */
const shapeOnly = new Set(['Flatten', 'Reshape']);

/** Encoders that can be read. */
const readable: readonly string[] = [
  'Gemm',
  'Conv, Mul, Add, LeakyRelu, Gemm',
  'Gather, Gemm',
  'Gemm, Gemm',
  'Gather, Gemm, Gemm',
];

/**
 * Reads the layers of a model's encoder.onnx, to run them without ONNX Runtime.
 *
 * @param bundle a model loaded with its encoder
 * @throws CsiError `model-invalid` where the encoder is not a Dense layer, whole or in two factors, of all delays or of
 * some; or one 3x3 convolution of one plane with its normalisation and LeakyReLU and a Dense layer, of the manifest's shape.
 */
export function readEncoderLayers(bundle: ModelBundle): EncoderLayers {
  const { id } = bundle.manifest;
  const bytes = bundle.files.get('encoder');
  if (bytes === undefined) throw new CsiError('model-invalid', `${id}: the bundle was loaded without encoder.onnx`);
  const file = `${id}/encoder.onnx`;
  requireRunnable(bytes, file, { batches: false });
  const graph = foldConstants(readOnnxGraph(bytes));
  const layers = graph.nodes.filter(({ type }) => !shapeOnly.has(type));
  const types = layers.map(({ type }) => type).join(', ');
  if (!readable.includes(types)) {
    throw new CsiError(
      'model-invalid',
      `${file}: operators are ${types || 'none'}; only ${readable.join('; or ')} can be read here`,
    );
  }
  const { numDelays } = bundle.manifest.csi;
  const { length } = bundle.manifest.codeword;
  const { numComponents, tensor } = createRepresentation(bundle.codec.representation);
  const reader = new LayerReader(file, graph);
  const gemms = layers.filter(({ type }) => type === 'Gemm');
  if (layers[0]?.type === 'Conv') {
    return { conv: reader.conv(layers, numDelays), dense: reader.dense(gemms, length, numComponents).dense };
  }
  if (layers[0]?.type !== 'Gather') return reader.dense(gemms, length, numComponents);
  const delays = reader.delays(layers[0], tensor.dims.length, numDelays);
  const { dense, ...rest } = reader.dense(gemms, length, (numComponents / numDelays) * delays.length);
  return { delays, ...rest, dense: overAllDelays(dense, delays, numDelays) };
}

/** The layer with columns of zeros where it does not see a delay. */
function overAllDelays(dense: DenseLayer, delays: readonly number[], numDelays: number): DenseLayer {
  const perDelay = dense.numInputs / delays.length;
  const numInputs = perDelay * numDelays;
  const weights = new Float32Array(dense.numOutputs * numInputs);
  for (let row = 0; row < dense.numOutputs * perDelay; row++) {
    delays.forEach((delay, i) => {
      weights[row * numDelays + delay] = dense.weights[row * delays.length + i] as number;
    });
  }
  return { ...dense, numInputs, weights };
}

class LayerReader {
  readonly #file: string;
  readonly #graph: FoldedGraph;

  constructor(file: string, graph: FoldedGraph) {
    this.#file = file;
    this.#graph = graph;
  }

  /** One Gemm, or two without anything between them. */
  dense(
    gemms: readonly OnnxNode[],
    numOutputs: number,
    numInputs: number,
  ): { readonly dense: DenseLayer; readonly rank?: number } {
    const [first, second] = gemms as [OnnxNode, OnnxNode?];
    if (second === undefined) return { dense: this.#gemm(first, numOutputs, numInputs) };
    const [rank = 0] = this.#found(first.inputs[1]).dims;
    const inner = this.#gemm(first, rank, numInputs);
    return { dense: product(this.#gemm(second, numOutputs, rank), inner), rank };
  }

  delays(gather: OnnxNode, axis: number, numDelays: number): number[] {
    const delays = [...this.#found(gather.inputs[1]).values];
    const rising = delays.every((delay, i) => delay >= 0 && delay > (delays[i - 1] ?? -1) && delay < numDelays);
    if (gather.numbers.get('axis') !== axis || delays.length === 0 || !rising) {
      throw this.#invalid('Gather does not take rising delays');
    }
    return delays;
  }

  #gemm(gemm: OnnxNode, numOutputs: number, numInputs: number): DenseLayer {
    const plain = (gemm.numbers.get('alpha') ?? 1) === 1 && (gemm.numbers.get('beta') ?? 1) === 1;
    if (!plain || gemm.numbers.get('transB') !== 1 || (gemm.numbers.get('transA') ?? 0) !== 0) {
      throw this.#invalid('Gemm is not y = x W^T + b');
    }
    const { values: weights, units } = this.#constant(gemm.inputs[1], [numOutputs, numInputs]);
    const bias =
      gemm.inputs[2] === undefined ? new Float32Array(numOutputs) : this.#constant(gemm.inputs[2], [numOutputs]).values;
    return { numOutputs, numInputs, weights, bias, ...(units === undefined ? {} : { units }) };
  }

  conv([conv, scale, add, leaky]: readonly OnnxNode[], numDelays: number): ConvLayer {
    const list = (name: string) => (conv?.lists.get(name) ?? []).join(' ');
    if (list('pads') !== '1 1 1 1' || list('strides') !== '1 1' || list('dilations') !== '1 1') {
      throw this.#invalid('Conv has not padding 1, stride 1 and dilation 1');
    }
    const bias = this.#constant(conv?.inputs[2], [1]).values;
    return {
      taps: this.#constant(conv?.inputs[1], [1, 1, 3, 3]).values,
      bias: bias[0] as number,
      gain: this.#constant(scale?.inputs[1], [numDelays]).values,
      shift: this.#constant(add?.inputs[1], [numDelays]).values,
      leak: leaky?.numbers.get('alpha') ?? 0.01,
    };
  }

  #found(name: string | undefined): Constant {
    const found = name === undefined ? undefined : this.#graph.constants.get(name);
    if (found === undefined) throw this.#invalid(`${name} is no constant`);
    return found;
  }

  #constant(name: string | undefined, dims: readonly number[]): Constant {
    const wanted = dims.join(' x ');
    const found = this.#found(name);
    if (found.dims.join(' x ') !== wanted) throw this.#invalid(`${name} is ${found.dims.join(' x ')}, not ${wanted}`);
    const at = found.values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw this.#invalid(`${name}[${at}] is ${found.values[at]}`);
    return found;
  }

  #invalid(problem: string): CsiError {
    return new CsiError('model-invalid', `${this.#file}: ${problem}`);
  }
}

/** Both layers, one after the other, as one. */
function product(outer: DenseLayer, inner: DenseLayer): DenseLayer {
  const { numOutputs } = outer;
  const { numInputs } = inner;
  const weights = new Float32Array(numOutputs * numInputs);
  const bias = outer.bias.slice();
  for (let row = 0; row < numOutputs; row++) {
    const out = weights.subarray(row * numInputs, (row + 1) * numInputs);
    for (let k = 0; k < inner.numOutputs; k++) {
      const factor = outer.weights[row * inner.numOutputs + k] as number;
      bias[row] = (bias[row] as number) + factor * (inner.bias[k] as number);
      for (let i = 0; i < numInputs; i++) {
        out[i] = (out[i] as number) + factor * (inner.weights[k * numInputs + i] as number);
      }
    }
  }
  return { numOutputs, numInputs, weights, bias };
}
