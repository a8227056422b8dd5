import { createNode, type NodeOptions } from './edit.ts';
import { encodeModel, type ValueInfoProto } from './schema.ts';
import { type OnnxTensor, tensorProto } from './tensor.ts';

/** A float32 tensor at the edge of a graph; a batch dimension comes before `dims`. */
interface Edge {
  readonly name: string;
  readonly dims: readonly number[];
}

/** One operator with one output. */
export interface Operator extends NodeOptions {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
}

interface NetworkOptions {
  readonly inputs: readonly Edge[];
  readonly output: Edge;
  readonly initializers: readonly OnnxTensor[];
  readonly operators: readonly Operator[];
}

/** The bytes of an .onnx file (opset 13) of a network that is written out operator by operator. */
export function buildModel({ inputs, output, initializers, operators }: NetworkOptions): Uint8Array {
  return encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    graph: {
      name: 'network',
      node: operators.map((operator) => createNode(operator.type, operator.inputs, [operator.output], operator)),
      initializer: initializers.map(tensorProto),
      input: inputs.map(valueInfo),
      output: [valueInfo(output)],
      valueInfo: [],
    },
  });
}

function valueInfo({ name, dims }: Edge): ValueInfoProto {
  const dim = [{ dimParam: 'batch' }, ...dims.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
}
