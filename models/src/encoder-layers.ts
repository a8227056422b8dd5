import { CsiError } from '@edge-csi/csi';
import type { ModelBundle } from './bundle.ts';
import { type OnnxGraph, type OnnxNode, type OnnxTensor, readOnnxGraph } from './onnx-graph.ts';

/** A Dense layer y = W x + b. */
export interface DenseLayer {
  /** Codeword length M. */
  readonly numOutputs: number;
  readonly numInputs: number;
  /** W, row-major `[numOutputs][numInputs]`. */
  readonly weights: Float32Array;
  /** b, `[numOutputs]`. */
  readonly bias: Float32Array;
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
  readonly dense: DenseLayer;
}

/** Operators that move values about without changing them, for the constants and shapes the encoders have. */
const shapeOnly = new Set(['Cast', 'Flatten', 'Reshape', 'Constant']);

/**
 * Reads the layers of a model's encoder.onnx, to run them without ONNX Runtime.
 *
 * @param bundle a model loaded with its encoder
 * @throws CsiError `model-invalid` where the encoder is not a Dense layer, or one 3x3 convolution of one plane with its
 * normalisation and LeakyReLU before that, of the manifest's shape.
 */
export function readEncoderLayers(bundle: ModelBundle): EncoderLayers {
  const { id } = bundle.manifest;
  const bytes = bundle.files.get('encoder');
  if (bytes === undefined) throw new CsiError('model-invalid', `${id}: the bundle was loaded without encoder.onnx`);
  const graph = readOnnxGraph(bytes);
  const layers = graph.nodes.filter(({ type }) => !shapeOnly.has(type));
  const types = layers.map(({ type }) => type).join(', ');
  const isFull = types === 'Conv, Mul, Add, LeakyRelu, Gemm';
  if (!isFull && types !== 'Gemm') {
    const readable = 'Gemm, or Conv, Mul, Add, LeakyRelu, Gemm';
    throw new CsiError(
      'model-invalid',
      `${id}/encoder.onnx: operators are ${types}; only ${readable} can be read here`,
    );
  }
  const reader = new LayerReader(`${id}/encoder.onnx`, graph);
  const numInputs = bundle.representation.numComponents;
  const dense = reader.dense(layers.at(-1) as OnnxNode, bundle.manifest.codeword.length, numInputs);
  return isFull ? { conv: reader.conv(layers, bundle.manifest.csi.numDelays), dense } : { dense };
}

class LayerReader {
  readonly #file: string;
  readonly #graph: OnnxGraph;
  /** Names of half-precision constants by the name of their widened form. */
  readonly #widened: ReadonlyMap<string, string>;

  constructor(file: string, graph: OnnxGraph) {
    this.#file = file;
    this.#graph = graph;
    const casts = graph.nodes.filter(({ type }) => type === 'Cast');
    this.#widened = new Map(casts.map(({ inputs, outputs }) => [outputs[0] ?? '', inputs[0] ?? '']));
  }

  dense(gemm: OnnxNode, numOutputs: number, numInputs: number): DenseLayer {
    const plain = (gemm.numbers.get('alpha') ?? 1) === 1 && (gemm.numbers.get('beta') ?? 1) === 1;
    if (!plain || gemm.numbers.get('transB') !== 1 || (gemm.numbers.get('transA') ?? 0) !== 0) {
      throw this.#invalid('Gemm is not y = x W^T + b');
    }
    const weights = this.#constant(gemm.inputs[1], [numOutputs, numInputs]).values;
    return { numOutputs, numInputs, weights, bias: this.#constant(gemm.inputs[2], [numOutputs]).values };
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

  #constant(name: string | undefined, dims: readonly number[]): OnnxTensor {
    const wanted = dims.join(' x ');
    if (name === undefined) throw this.#invalid(`a constant of ${wanted} is missing`);
    const found = this.#graph.tensors.get(this.#widened.get(name) ?? name);
    if (found === undefined) throw this.#invalid(`${name} is not a float constant`);
    if (found.dims.join(' x ') !== wanted) throw this.#invalid(`${name} is ${found.dims.join(' x ')}, not ${wanted}`);
    const at = found.values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw this.#invalid(`${name}[${at}] is ${found.values[at]}`);
    return found;
  }

  #invalid(problem: string): CsiError {
    return new CsiError('model-invalid', `${this.#file}: ${problem}`);
  }
}
