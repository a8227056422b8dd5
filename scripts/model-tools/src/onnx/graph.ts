import { CsiError } from '@edge-csi/csi';
import {
  type AttributeProto,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './schema.ts';
import { type OnnxTensor, tensorProto, toNumbers } from './tensor.ts';

/** What a new node is made of. Attributes: integers, lists of integers, or text; a float is `{ float }`. */
export interface NodeOptions {
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[] | string | { readonly float: number }>>;
}

/** ONNX's numbers of attribute types. */
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** A node of ONNX's default operator set. Its name is its first output unless given. */
export function createNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { name = outputs[0] ?? '', attributes = {} }: NodeOptions = {},
): NodeProto {
  return {
    name,
    opType,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  };
}

type AttributeValue = NonNullable<NodeOptions['attributes']>[string];

function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) };
  return 'float' in value
    ? { name, type: attributeTypes.float, f: value.float }
    : { name, type: attributeTypes.ints, ints: [...value] };
}

/** An attribute that is a list of integers; empty where the node does not have it. */
export function intsOf(node: NodeProto, name: string): number[] {
  return toNumbers(node.attribute.find((entry) => entry.name === name)?.ints ?? []);
}

/** An attribute that is one integer. */
export function intOf(node: NodeProto, name: string, otherwise: number): number {
  const found = node.attribute.find((entry) => entry.name === name);
  return found === undefined ? otherwise : (toNumbers([found.i ?? otherwise])[0] as number);
}

/** The constant of that name. */
export function findInitializer({ graph }: ModelProto, name: string): TensorProto | undefined {
  return graph.initializer.find((tensor) => tensor.name === name);
}

/** Adds a constant, in place of the one of its name where there is one. */
export function setInitializer({ graph }: ModelProto, tensor: OnnxTensor): void {
  const at = graph.initializer.findIndex(({ name }) => name === tensor.name);
  if (at < 0) graph.initializer.push(tensorProto(tensor));
  else graph.initializer[at] = tensorProto(tensor);
}

/** The node that makes a value. */
export function producerOf({ graph }: ModelProto, value: string): NodeProto | undefined {
  return graph.node.find(({ output }) => output.includes(value));
}

/** The nodes that read a value. */
export function consumersOf({ graph }: ModelProto, value: string): NodeProto[] {
  return graph.node.filter(({ input }) => input.includes(value));
}

/**
 * Puts nodes where one was. They must make the values that it made, so far as these are read.
 *
 * @throws RangeError where the node is not of this graph.
 */
export function replaceNode({ graph }: ModelProto, node: NodeProto, ...replacements: readonly NodeProto[]): void {
  const at = graph.node.indexOf(node);
  if (at < 0) throw new RangeError(`${node.name}: not a node of graph ${graph.name}`);
  graph.node.splice(at, 1, ...replacements);
}

/**
 * Takes a node out: what read its first output reads `instead`, an input of it unless said otherwise. An output of the
 * graph keeps its name.
 *
 * @throws RangeError where the node is not of this graph.
 */
export function bypassNode(model: ModelProto, node: NodeProto, instead: string = node.input[0] ?? ''): void {
  const [value = ''] = node.output;
  if (model.graph.output.some(({ name }) => name === value)) {
    replaceNode(model, node, createNode('Identity', [instead], [value]));
    return;
  }
  replaceNode(model, node);
  for (const consumer of consumersOf(model, value)) {
    consumer.input = consumer.input.map((name) => (name === value ? instead : name));
  }
}

/** Removes nodes and constants that no output of the graph depends on. */
export function removeUnused({ graph }: ModelProto): void {
  const used = new Set(graph.output.map(({ name }) => name));
  for (const node of [...graph.node].reverse()) {
    if (node.output.some((value) => used.has(value))) for (const value of valuesReadBy(node)) used.add(value);
  }
  graph.node = graph.node.filter(({ output }) => output.some((value) => used.has(value)));
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
  graph.valueInfo = graph.valueInfo.filter(({ name }) => used.has(name));
}

/** A node's inputs, and what graphs within it (of If, Loop and Scan) may read from outside. */
function valuesReadBy(node: NodeProto): string[] {
  const graphs = node.attribute.flatMap(({ g, graphs = [] }) => [...(g ? [g] : []), ...graphs]);
  const inner = (graph: GraphProto) => [...graph.node.flatMap(valuesReadBy), ...graph.output.map(({ name }) => name)];
  return [...node.input, ...graphs.flatMap(inner)];
}

/**
 * Makes every value that a node computes an output of the graph, after those that it has.
 *
 * @returns the names added, in the order of the nodes
 */
export function exposeIntermediates({ graph }: ModelProto): string[] {
  const known = new Set(graph.output.map(({ name }) => name));
  const added = graph.node.flatMap(({ output }) => output).filter((name) => name !== '' && !known.has(name));
  // Without a type: ONNX Runtime infers it.
  graph.output.push(...added.map((name) => ({ name })));
  return added;
}

/** A model's only input or output of that name. @throws CsiError `model-invalid` that names those there are. */
export function requireValue(
  { graph }: ModelProto,
  side: 'input' | 'output',
  name: string,
  file: string,
): GraphProto['input'][number] {
  const found = graph[side].find((value) => value.name === name);
  if (found !== undefined) return found;
  const known = graph[side].map((value) => value.name).join(', ');
  throw new CsiError('model-invalid', `${file} has no ${side} ${name}; there are ${known}`);
}

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

/**
 * The bytes of an .onnx file (opset 13) of a network that is written out operator by operator.
 *
 * @example
 * const edge = { name: 'x', dims: [4] };
 * buildModel({
 *   ...{ inputs: [edge], output: { ...edge, name: 'y' }, initializers: [] },
 *   operators: [{ type: 'Relu', inputs: ['x'], output: 'y' }],
 * });
 */
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
