import { CsiError } from '@edge-csi/csi';
import type { DenseLayer } from '@edge-csi/models';
import { consumersOf, findInitializer, intOf, producerOf } from '../onnx/graph.ts';
import { decodeModel, type ModelProto, type NodeProto } from '../onnx/schema.ts';
import { type OnnxTensor, readTensor } from '../onnx/tensor.ts';

/** Where a decoder works on the codeword, which is what has to change with the encoder. */
export interface DecoderPlan {
  readonly file: string;
  readonly model: ModelProto;
  /** The Dense layer that takes the latent: MatMul, or Gemm with its bias. */
  readonly first: NodeProto;
  /** The constant that it multiplies by, transposed where `isTransposed`. */
  readonly dense: OnnxTensor;
  readonly isTransposed: boolean;
  /** The uplink's linear estimate that the first Dense layer's output is added to. */
  readonly prior?: UplinkPrior;
  /** The UE's Dense layer where the decoder encodes an estimate again, and the value that it encodes. */
  readonly encodings: readonly Encoding[];
  /** Constants of one value per component that weigh codeword against estimate by the quantiser's cell. */
  readonly trusts: readonly OnnxTensor[];
  /** Input that each column of an encoding's matrix belongs to; in order where absent. */
  readonly columnOrder?: readonly number[];
}

/** x = out in u + bias, u the uplink input. */
interface UplinkPrior {
  /** `[numInputs][rank]` and `[rank][size]`. */
  readonly inner: OnnxTensor;
  readonly outer: OnnxTensor;
  readonly bias: OnnxTensor;
}

interface Encoding {
  readonly gemm: NodeProto;
  readonly estimate: string;
  /** W, where the estimate goes into it as it is and the file holds it as numbers. */
  readonly weights?: OnnxTensor;
}

/** What stands between an estimate and the Dense layer where a decoder encodes with a convolution. */
const convolutionChain = ['Flatten', 'LeakyRelu', 'Add', 'Mul', 'Conv', 'Reshape', 'Gather'];

/**
 * Finds what in a decoder depends on the encoder.
 *
 * @param codewordLength - of the model
 * @param numInputs - of its encoder
 * @throws CsiError `model-invalid`, naming file and operator, where the latent goes elsewhere than into a Dense layer, or
 * into differences with an estimate that is encoded again.
 */
export function planDecoder(bytes: Uint8Array, file: string, codewordLength: number, numInputs: number): DecoderPlan {
  return new Planner(decodeModel(bytes, file), file, codewordLength, numInputs).plan();
}

/** Largest difference of two copies of a weight, relative to the largest weight: of half precision, with room. */
const sameWeight = 2e-3;

/**
 * Checks that a decoder encodes estimates as the encoder does, in the order of columns that was found.
 *
 * @param dense - the encoder's Dense layer, without a convolution before it
 * @throws CsiError `model-invalid`, naming the decoder's file, where it does not: then it is no pair that is known here.
 */
export function requireSameEncoding({ encodings, columnOrder, file }: DecoderPlan, dense: DenseLayer): void {
  const { numOutputs, numInputs } = dense;
  const largest = dense.weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  for (const { weights } of encodings) {
    if (weights === undefined) continue;
    const differs = (value: number | bigint, at: number) => {
      const [row, column] = [Math.floor(at / numInputs), at % numInputs];
      const own = dense.weights[row * numInputs + (columnOrder?.[column] ?? column)] as number;
      return !(Math.abs(Number(value) - own) <= sameWeight * largest);
    };
    const values = Array.from<number | bigint>(weights.values);
    if (values.length === numOutputs * numInputs && !values.some(differs)) continue;
    throw new CsiError(
      'model-invalid',
      `${file}: ${weights.name} is not the encoder's matrix, so what it is for is not known`,
    );
  }
}

class Planner {
  readonly #model: ModelProto;
  readonly #file: string;
  readonly #length: number;
  readonly #numInputs: number;

  constructor(model: ModelProto, file: string, length: number, numInputs: number) {
    this.#model = model;
    this.#file = file;
    this.#length = length;
    this.#numInputs = numInputs;
  }

  plan(): DecoderPlan {
    const firsts: NodeProto[] = [];
    const encodings: Encoding[] = [];
    for (const node of consumersOf(this.#model, 'latent')) {
      if (node.opType === 'Sub') encodings.push(this.#encoding(node));
      else firsts.push(this.#denseAfter(node));
    }
    const [first] = firsts;
    if (first === undefined || firsts.length > 1) {
      throw this.#invalid(`${firsts.length} Dense layers take the latent; pruning knows decoders that have one`);
    }
    const isTransposed = first.opType === 'Gemm' && intOf(first, 'transB', 0) === 1;
    const dense = this.#constant(first.input[1]);
    const rows = dense.dims[isTransposed ? 1 : 0];
    if (dense.dims.length !== 2 || rows !== this.#length) {
      throw this.#invalid(`${dense.name} is ${dense.dims.join(' x ')}, for ${this.#length} components`);
    }
    const prior = this.#prior(first);
    const columnOrder = this.#columnOrder();
    return {
      file: this.#file,
      model: this.#model,
      first,
      dense,
      isTransposed,
      ...(prior && { prior }),
      encodings,
      trusts: this.#trusts(),
      ...(columnOrder && { columnOrder }),
    };
  }

  /** The Dense layer that a value goes into, past the factors that the cell gives it. */
  #denseAfter(node: NodeProto): NodeProto {
    if (node.opType === 'Gemm' || node.opType === 'MatMul') return node;
    const [next, ...others] = consumersOf(this.#model, node.output[0] ?? '');
    const isDense = next?.opType === 'Gemm' || next?.opType === 'MatMul';
    if (node.opType === 'Mul' && isDense && others.length === 0) return next;
    throw this.#invalid(
      `${node.name || node.output[0]} (${node.opType}) reads the latent; pruning knows Gemm, MatMul, and differences with ` +
        'an estimate that is encoded again',
    );
  }

  #encoding(difference: NodeProto): Encoding {
    const other = difference.input.find((name) => name !== 'latent') ?? '';
    const gemm = producerOf(this.#model, other);
    if (gemm?.opType !== 'Gemm' || intOf(gemm, 'transB', 0) !== 1) {
      throw this.#invalid(
        `${difference.name || other} (Sub) takes the latent less something that no Dense layer makes`,
      );
    }
    const weights = this.#stored(gemm.input[1]);
    let value = gemm.input[0] ?? '';
    const plain = { gemm, estimate: value, ...(weights && { weights }) };
    if (producerOf(this.#model, value)?.opType !== 'Flatten') return plain;
    for (const opType of convolutionChain) {
      const node = producerOf(this.#model, value);
      // An estimate can be the output of a Flatten too; without the convolution it is encoded as it is.
      if (node?.opType !== opType) return plain;
      value = node.input[0] ?? '';
    }
    return { gemm, estimate: value };
  }

  #prior(first: NodeProto): UplinkPrior | undefined {
    const [sum] = consumersOf(this.#model, first.output[0] ?? '');
    if (sum?.opType !== 'Add') return undefined;
    const shifted = this.#made(
      sum.input.find((name) => name !== first.output[0]),
      'Add',
    );
    const outer = shifted && this.#made(shifted.input[0], 'MatMul');
    const inner = outer && this.#made(outer.input[0], 'MatMul');
    const flat = inner && this.#made(inner.input[0], 'Flatten');
    if (flat?.input[0] !== 'uplink' || !this.#isConstant(shifted?.input[1])) return undefined;
    return {
      inner: this.#constant(inner?.input[1]),
      outer: this.#constant(outer?.input[1]),
      bias: this.#constant(shifted?.input[1]),
    };
  }

  #made(value: string | undefined, opType: string): NodeProto | undefined {
    const node = producerOf(this.#model, value ?? '');
    return node?.opType === opType ? node : undefined;
  }

  /** Constants of the codeword's length that meet what is computed from the cell. */
  #trusts(): OnnxTensor[] {
    const names = new Set<string>();
    const reached = ['cell'];
    const seen = new Set<NodeProto>();
    for (let value = reached.pop(); value !== undefined; value = reached.pop()) {
      for (const node of consumersOf(this.#model, value)) {
        if (seen.has(node) || node.opType === 'MatMul' || node.opType === 'Gemm') continue;
        seen.add(node);
        for (const name of node.input.flatMap((input) => this.#constantsBehind(input))) names.add(name);
        reached.push(...node.output);
      }
    }
    return [...names]
      .map((name) => this.#constant(name))
      .filter(({ dims }) => dims.length === 1 && dims[0] === this.#length);
  }

  #constantsBehind(value: string): string[] {
    if (findInitializer(this.#model, value) !== undefined) return [value];
    const node = producerOf(this.#model, value);
    return node?.opType === 'Exp' ? node.input.flatMap((input) => this.#constantsBehind(input)) : [];
  }

  /** The order that the decoder keeps matrices in: the one it brings the uplink into. */
  #columnOrder(): number[] | undefined {
    for (const node of this.#model.graph.node) {
      if (node.opType !== 'Gather' || this.#made(node.input[0], 'Flatten')?.input[0] !== 'uplink') continue;
      const { dims, values } = this.#constant(node.input[1]);
      if (dims.length === 1 && dims[0] === this.#numInputs) return Array.from(values, Number);
    }
    return undefined;
  }

  #isConstant(name: string | undefined): boolean {
    return this.#stored(name) !== undefined;
  }

  /** The values of a constant, under the name of the initializer that holds them, if one does. */
  #constant(name: string | undefined): OnnxTensor {
    const stored = this.#stored(name);
    if (stored === undefined) throw this.#invalid(`${name ?? 'an input'} is not a constant`);
    return stored;
  }

  #stored(name = ''): OnnxTensor | undefined {
    const initializer = findInitializer(this.#model, name);
    if (initializer !== undefined) return readTensor(initializer, this.#file);
    const node = producerOf(this.#model, name);
    const held = node?.attribute.find((attribute) => attribute.name === 'value')?.t;
    if (node?.opType === 'Constant' && held) return { ...readTensor(held, this.#file), name };
    return node?.opType === 'Cast' || node?.opType === 'Identity' ? this.#stored(node.input[0]) : undefined;
  }

  #invalid(problem: string): CsiError {
    return new CsiError('model-invalid', `${this.#file}: ${problem}`);
  }
}
