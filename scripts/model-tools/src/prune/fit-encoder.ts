import type { CsiShape } from '@edge-csi/csi';
import {
  applyDense,
  inverse,
  leadingEigenvectors,
  Matrix,
  quantizedLayer,
  regress,
  type SampleMatrix,
  selectColumns,
  selectFrom,
  sumsOf,
  triangularRoot,
} from '@edge-csi/lab/linear';
import { type DenseLayer, type EncoderLayers, fromFloat16 } from '@edge-csi/models';
import { toFloat16 } from '../onnx/tensor.ts';
import type { WeightWidth } from '../onnx/weights.ts';
import { meanOf, mostMissed, strongestDelays } from './importance.ts';
import { foldConvolution, type PrunedEncoder } from './pruned-encoder.ts';

/** What is left of an encoder; what is absent stays as it is. */
export interface PruneSettings {
  /** Components of the codeword. */
  readonly outputs?: number | undefined;
  /** Delays that the Dense layer sees. */
  readonly delays?: number | undefined;
  /** Rank of the Dense layer, as two factors. */
  readonly rank?: number | undefined;
  readonly weightBits: WeightWidth;
}

/** What an encoder is fitted to. */
export interface EncoderTask extends CsiShape {
  readonly layers: EncoderLayers;
  readonly inputs: SampleMatrix;
  /** What the encoder makes of the inputs. */
  readonly latents: SampleMatrix;
  /** What the decoder's linear estimate sees of the uplink. */
  readonly uplink: SampleMatrix | undefined;
  /** W of the decoder's first Dense layer, `[codewordLength][size]`. */
  readonly decoderDense: Matrix;
}

export interface FittedEncoder {
  readonly encoder: PrunedEncoder;
  /** Components of the old codeword that are left, rising. */
  readonly kept: readonly number[];
  /** The encoder as one Dense layer over all inputs, as it is stored. */
  readonly dense: DenseLayer;
}

/** Ridges on the inputs' covariance, relative to their mean variance: what is hardly seen stays as it was. */
const ridges = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1] as const;

/** Prunes an encoder: convolution into the Dense layer, outputs, delays, rank, bits of a weight, in this order. */
export function fitEncoder(task: EncoderTask, settings: PruneSettings): FittedEncoder {
  const { layers, inputs, latents, numAntennas, numDelays } = task;
  const { outputs = latents.width, weightBits } = settings;
  const whole = layers.conv ? foldConvolution(layers.conv, layers.dense, numAntennas) : layers.dense;
  const kept =
    outputs < latents.width
      ? mostMissed(latents, task.uplink, task.decoderDense, outputs)
      : Array.from({ length: outputs }, (_, component) => component);
  const seen = layers.delays ?? Array.from({ length: numDelays }, (_, delay) => delay);
  const delays = keptDelays(task, settings, whole, kept, seen);
  const columns = Array.from({ length: inputs.width }, (_, column) => column).filter((column) =>
    delays.includes(column % numDelays),
  );
  const start = selectFrom(whole, kept, columns);
  const left = selectColumns(inputs, columns);
  const isExact = layers.conv === undefined && delays.length === seen.length;
  const fitted = isExact ? start : refitted(start, left, selectColumns(latents, kept));
  const decoderDense = task.decoderDense.subMatrixRow([...kept]);
  const factors = settings.rank === undefined ? [fitted] : lowRank(fitted, left, decoderDense, settings.rank);
  const stored = storedLayers(factors, left, weightBits);
  const encoder = { delays, layers: stored, weightBits };
  return { encoder, kept, dense: overAllInputs(asOne(stored), columns, inputs.width) };
}

function keptDelays(
  { inputs, numDelays, decoderDense }: EncoderTask,
  { delays }: PruneSettings,
  whole: DenseLayer,
  kept: readonly number[],
  seen: readonly number[],
): readonly number[] {
  if (delays === undefined || delays >= seen.length) return seen;
  const all = Array.from({ length: inputs.width }, (_, column) => column);
  const weights = new Map(
    seen.map((delay) => {
      const columns = all.filter((column) => column % numDelays === delay);
      return [delay, asMatrix(selectFrom(whole, kept, columns))] as const;
    }),
  );
  return strongestDelays(weights, inputs, numDelays, decoderDense.subMatrixRow([...kept]), delays);
}

/** Adds to a layer what a regression on its inputs explains of the rest of the latents. */
function refitted(layer: DenseLayer, inputs: SampleMatrix, latents: SampleMatrix): DenseLayer {
  const rest = applyDense(layer, inputs);
  for (let i = 0; i < rest.values.length; i++) {
    rest.values[i] = (latents.values[i] as number) - (rest.values[i] as number);
  }
  const { weights, offset } = regress([inputs], rest, ridges);
  const missing = weights.to1DArray();
  return {
    ...layer,
    weights: layer.weights.map((weight, i) => weight + (missing[i] as number)),
    bias: layer.bias.map((bias, i) => bias + (offset[i] as number)),
  };
}

/** Two factors of W whose product loses least of what the decoder's first Dense layer makes of the latent. */
function lowRank(layer: DenseLayer, inputs: SampleMatrix, decoderDense: Matrix, rank: number): DenseLayer[] {
  const { numOutputs, numInputs } = layer;
  const latents = sumsOf([applyDense(layer, inputs)], numOutputs).covariance(0, numOutputs, 0, numOutputs);
  const root = triangularRoot(decoderDense).transpose();
  const leading = leadingEigenvectors(root.mmul(latents).mmul(root.transpose()), rank);
  const inner = leading.transpose().mmul(root);
  const outer = inverse(root).mmul(leading);
  // The part of the bias that the factors carry is given back, so that latents keep their means.
  const bias = meanOf(applyDense(layer, inputs));
  const mean = Matrix.columnVector(bias).sub(Matrix.columnVector(Array.from(layer.bias)));
  const carried = outer.mmul(inner.mmul(mean)).getColumn(0);
  return [
    {
      numOutputs: rank,
      numInputs,
      weights: Float32Array.from(inner.mmul(asMatrix(layer)).to1DArray()),
      bias: new Float32Array(rank),
    },
    {
      numOutputs,
      numInputs: rank,
      weights: Float32Array.from(outer.to1DArray()),
      bias: Float32Array.from(bias, (value, i) => value - (carried[i] as number)),
    },
  ];
}

/** The layers with weights as they are stored; biases take up what rounding adds on average. */
function storedLayers(layers: readonly DenseLayer[], inputs: SampleMatrix, weightBits: WeightWidth): DenseLayer[] {
  let means = meanOf(inputs);
  return layers.map((layer) => {
    const rounded = roundedWeights(layer, weightBits);
    const shift = asMatrix(layer).sub(asMatrix(rounded)).mmul(Matrix.columnVector(means));
    const bias = rounded.bias.map((value, i) => value + shift.get(i, 0));
    means = Float64Array.from(asMatrix(layer).mmul(Matrix.columnVector(means)).getColumn(0));
    return { ...rounded, bias };
  });
}

function roundedWeights(layer: DenseLayer, weightBits: WeightWidth): DenseLayer {
  if (weightBits === 32) return layer;
  if (weightBits === 16) return { ...layer, weights: layer.weights.map((weight) => fromFloat16(toFloat16(weight))) };
  return quantizedLayer(layer, weightBits);
}

/** Layers one after another as one, with the units of the rows where there is just one. */
function asOne(layers: readonly DenseLayer[]): DenseLayer {
  const [first, second] = layers as [DenseLayer, DenseLayer?];
  if (second === undefined) return first;
  const outer = asMatrix(second);
  const bias = outer.mmul(Matrix.columnVector(Array.from(first.bias))).getColumn(0);
  return {
    numOutputs: second.numOutputs,
    numInputs: first.numInputs,
    weights: Float32Array.from(outer.mmul(asMatrix(first)).to1DArray()),
    bias: second.bias.map((value, i) => value + (bias[i] as number)),
  };
}

function overAllInputs(layer: DenseLayer, columns: readonly number[], numInputs: number): DenseLayer {
  const weights = new Float32Array(layer.numOutputs * numInputs);
  for (let row = 0; row < layer.numOutputs; row++) {
    columns.forEach((column, i) => {
      weights[row * numInputs + column] = layer.weights[row * layer.numInputs + i] as number;
    });
  }
  return { ...layer, numInputs, weights };
}

function asMatrix({ numOutputs, numInputs, weights }: DenseLayer): Matrix {
  return Matrix.from1DArray(numOutputs, numInputs, weights);
}
