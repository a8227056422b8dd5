import { CsiError } from '@edge-csi/csi';
import type { Regression } from '@edge-csi/lab/linear';
import { Matrix } from '@edge-csi/lab/linear';
import type { DenseLayer } from '@edge-csi/models';
import { consumersOf, createNode, removeUnused, replaceNode, setInitializer } from '../onnx/graph.ts';
import { encodeModel, type ModelProto } from '../onnx/schema.ts';
import { floatTensor, type OnnxTensor } from '../onnx/tensor.ts';
import { storeWeights, type WeightWidth } from '../onnx/weights.ts';
import type { DecoderPlan } from './decoder-plan.ts';

/** What a decoder needs to know of the encoder it shall go with. */
export interface NewEncoder {
  /** The Dense layer over all inputs. */
  readonly dense: DenseLayer;
  readonly weightBits: WeightWidth;
  /** Components of the old codeword that are left. */
  readonly kept: readonly number[];
  /** The old latent from the new one, and from what the prior's inner matrix makes of the uplink where there is a prior. */
  readonly recovery: Regression;
}

/** W of the first Dense layer, `[codewordLength][size]`, whichever way it is stored. */
export function firstDense({ dense, isTransposed }: DecoderPlan): Matrix {
  const [rows = 0, columns = 0] = dense.dims;
  const matrix = Matrix.from1DArray(rows, columns, dense.values as Float32Array);
  return isTransposed ? matrix.transpose() : matrix;
}

/**
 * Rewrites decoder.onnx for another encoder: the first Dense layer, and the uplink's linear estimate beside it, take over
 * the recovery of the old latent, and where the decoder encodes an estimate again it does so as the new encoder would.
 * The plan's model is edited in place.
 *
 * @throws CsiError `model-invalid`, naming the file, where the first Dense layer is all there is.
 */
export function rewriteDecoder(plan: DecoderPlan, encoder: NewEncoder): Uint8Array {
  const { model, trusts, prior } = plan;
  const { kept, recovery } = encoder;
  const length = kept.length;
  const old = firstDense(plan);
  const { rows: oldLength } = recovery.weights;
  const fromLatent = recovery.weights.subMatrix(0, oldLength - 1, 0, length - 1);
  const dense = fromLatent.transpose().mmul(old);
  setInitializer(model, sameType(plan.dense, plan.isTransposed ? dense.transpose() : dense));
  const shift = Matrix.rowVector(recovery.offset).mmul(old).getRow(0);
  if (prior === undefined) addToOutput(plan, shift);
  else {
    const fromUplink = recovery.weights.subMatrix(0, oldLength - 1, length, recovery.weights.columns - 1);
    const [rank = 0, size = 0] = prior.outer.dims;
    const outer = Matrix.from1DArray(rank, size, prior.outer.values as Float32Array);
    setInitializer(model, sameType(prior.outer, outer.add(fromUplink.transpose().mmul(old))));
    const bias = Float32Array.from(shift, (value, i) => value + (prior.bias.values[i] as number));
    setInitializer(model, floatTensor(prior.bias.name, [size], bias));
  }
  for (const trust of trusts) {
    const values = Float32Array.from(kept, (component) => trust.values[component] as number);
    setInitializer(model, floatTensor(trust.name, [length], values));
  }
  if (plan.encodings.length > 0) encodeAgain(plan, encoder);
  for (const { name, type } of model.graph.input) {
    const dim = type?.tensorType?.shape?.dim[1];
    if ((name === 'latent' || name === 'cell') && dim !== undefined) dim.dimValue = length;
  }
  // Shapes of values in between may be of the old length; ONNX Runtime infers them.
  model.graph.valueInfo = [];
  removeUnused(model);
  return encodeModel(model);
}

/** Replaces what encodes estimates by the new encoder's Dense layer, in the decoder's order of columns. */
function encodeAgain({ model, encodings, columnOrder }: DecoderPlan, { dense, weightBits }: NewEncoder): void {
  const { numOutputs, numInputs, units } = dense;
  const values = new Float32Array(dense.weights.length);
  for (let row = 0; row < numOutputs; row++) {
    for (let column = 0; column < numInputs; column++) {
      const from = columnOrder?.[column] ?? column;
      values[row * numInputs + column] = dense.weights[row * numInputs + from] as number;
    }
  }
  const name = freeName(model, 'encoding');
  const matrix = { name: `${name}.weight`, dims: [numOutputs, numInputs] as const, values, units };
  const stored = storeWeights(matrix, weightBits);
  for (const initializer of stored.initializers) setInitializer(model, initializer);
  setInitializer(model, floatTensor(`${name}.bias`, [numOutputs], dense.bias));
  const attributes = { transB: 1 };
  for (const { gemm, estimate } of encodings) {
    const inputs = [estimate, `${name}.weight`, `${name}.bias`];
    replaceNode(model, gemm, createNode('Gemm', inputs, gemm.output, { attributes }));
  }
  model.graph.node.unshift(
    ...stored.operators.map((operator) => createNode(operator.type, operator.inputs, [operator.output], operator)),
  );
}

/** A prefix that no value of the graph has: in a model that was pruned before the first is taken. */
function freeName({ graph }: ModelProto, prefix: string): string {
  const taken = [...graph.initializer.map(({ name }) => name), ...graph.node.flatMap(({ output }) => output)];
  let name = prefix;
  for (let i = 2; taken.some((value) => value.startsWith(`${name}.`)); i++) name = `${prefix}${i}`;
  return name;
}

/** Adds a constant to the first Dense layer's output. */
function addToOutput({ model, first, file }: DecoderPlan, shift: readonly number[]): void {
  const [output = ''] = first.output;
  if (model.graph.output.some(({ name }) => name === output)) {
    throw new CsiError('model-invalid', `${file}: the first Dense layer is the last`);
  }
  const name = freeName(model, `${output}.shift`);
  const [constant, sum] = [`${name}.constant`, `${name}.sum`];
  for (const consumer of consumersOf(model, output)) {
    consumer.input = consumer.input.map((input) => (input === output ? sum : input));
  }
  setInitializer(model, floatTensor(constant, [shift.length], Float32Array.from(shift)));
  replaceNode(model, first, first, createNode('Add', [output, constant], [sum]));
}

/** A matrix in place of a constant, stored as that was. */
function sameType({ name, type }: OnnxTensor, matrix: Matrix): OnnxTensor {
  const dims = [matrix.rows, matrix.columns];
  const values = Float32Array.from(matrix.to1DArray());
  return { name, type: type === 'float16' ? 'float16' : 'float32', dims, values };
}
