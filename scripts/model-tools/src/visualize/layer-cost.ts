import { intOf } from '../onnx/graph.ts';
import type { NodeProto, TensorProto } from '../onnx/schema.ts';
import { bytesPerValue, sizeOf, toNumbers } from '../onnx/tensor.ts';
import { countOf, type Layer } from './layers.ts';

/** Shapes of a network's values at a batch of one, by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** What a layer takes for one report. */
export interface LayerCost {
  /** Values of its own constants. */
  readonly parameters: number;
  /** Mean and variance of a batch normalisation that is stored as gain and shift: parameters to Keras, not in the file. */
  readonly foldedParameters: number;
  /** Multiply-accumulates of convolutions and matrix products; elementwise operators count as none. */
  readonly macs: number;
  /** Of its constants in the file. */
  readonly bytes: number;
}

/** Operators with multiply-accumulates that are not counted here. */
const uncounted = new Set([
  ...['Einsum', 'LSTM', 'GRU', 'RNN', 'Attention', 'DeformConv', 'If', 'Loop', 'Scan'],
  ...['ConvInteger', 'MatMulInteger', 'QLinearConv', 'QLinearMatMul', 'MatMulNBits'],
]);

/** Whether a layer's multiply-accumulates are known. */
export function isCounted({ nodes }: Layer): boolean {
  return !nodes.some(({ opType }) => uncounted.has(opType));
}

export function costOf(layer: Layer, shapes: Shapes): LayerCost {
  const { parameters } = layer;
  const count = countOf(parameters);
  const isFolded = layer.kind === 'Norm' && layer.nodes.length === 2;
  return {
    parameters: count,
    foldedParameters: isFolded ? count : 0,
    macs: layer.nodes.reduce((sum, node) => sum + macsOf(node, shapes), 0),
    bytes: parameters.reduce((sum, tensor) => sum + bytesOf(tensor), 0),
  };
}

/** The sum of layers' costs. */
export function totalCost(layers: readonly Layer[], shapes: Shapes): LayerCost {
  return sumOf(layers.map((layer) => costOf(layer, shapes)));
}

export function sumOf(costs: readonly LayerCost[]): LayerCost {
  return costBy((part) => costs.reduce((sum, cost) => sum + cost[part], 0));
}

/** A cost made part by part. */
export function costBy(value: (part: keyof LayerCost) => number): LayerCost {
  return {
    parameters: value('parameters'),
    foldedParameters: value('foldedParameters'),
    macs: value('macs'),
    bytes: value('bytes'),
  };
}

function macsOf(node: NodeProto, shapes: Shapes): number {
  const [a = [], b = []] = node.input.map((value) => shapes.get(value) ?? []);
  const numOutputs = sizeOf(shapes.get(node.output[0] ?? '') ?? []);
  if (node.opType === 'Conv') return numOutputs * sizeOf(b.slice(1));
  if (node.opType === 'ConvTranspose') return sizeOf(a) * sizeOf(b.slice(1));
  if (node.opType === 'MatMul') return numOutputs * (a.at(-1) ?? 0);
  if (node.opType === 'Gemm') return numOutputs * (a[intOf(node, 'transA', 0) === 0 ? 1 : 0] ?? 0);
  return 0;
}

function bytesOf({ rawData, dims, dataType }: TensorProto): number {
  return rawData?.length || sizeOf(toNumbers(dims)) * bytesPerValue(dataType);
}
