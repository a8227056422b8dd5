import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../onnx/schema.ts';
import { sizeOf, toNumbers } from '../onnx/tensor.ts';
import { freeInputs } from './network.ts';

/** A step of a network as people count them: an operator with its constants, or a few that belong together. */
export interface Layer {
  /** By its path in the training code where the graph has it. */
  readonly name: string;
  /** Dense, Norm (gain and shift, or batch normalisation), or the ONNX operator. */
  readonly kind: string;
  readonly nodes: readonly NodeProto[];
  /** Values it reads that depend on the network's input. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** All names that its output has, the first its own: reshapes do not make another layer. */
  readonly views: readonly string[];
  /** Constants that no earlier layer uses. */
  readonly parameters: readonly TensorProto[];
  /** Constants that an earlier layer uses too. */
  readonly tied: readonly TensorProto[];
}

/** Operators that change nothing but shape or element type. */
const shapeOnly = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast', 'Dropout']);
/** Operators whose output does not depend on the values of their input. */
const valueFree = new Set(['Shape', 'Size', 'ConstantOfShape']);
/** ONNX's numbers of the types that weights are of: float32, uint8, int8, float16, float64, bfloat16. */
const weightTypes = new Set([1, 2, 3, 10, 11, 16]);
/** Kinds of layers that are modules of their own in the training code. */
const weighted = new Set(['Dense', 'Norm', 'Conv', 'ConvTranspose']);
const normalizations = new Set(['BatchNormalization', 'InstanceNormalization', 'LayerNormalization']);

/** Reads a graph's layers in the order they run. */
export function layersOf(model: ModelProto): Layer[] {
  const graph = new ValueGraph(model);
  const used = new Set<TensorProto>();
  const names = new Set<string>();
  const fused = new Set<NodeProto>();
  return graph.computing.flatMap((first) => {
    if (fused.has(first)) return [];
    const nodes = graph.together(first);
    for (const node of nodes) fused.add(node);
    const kind = kindOf(nodes, graph);
    const inside = new Set(nodes.flatMap(({ output }) => output));
    const reads = nodes.flatMap(({ input }) => input).filter((value) => value !== '' && !inside.has(value));
    const constants = [...new Set(reads.flatMap((value) => graph.weightsBehind(value)))];
    const parameters = constants.filter((tensor) => !used.has(tensor));
    for (const tensor of parameters) used.add(tensor);
    const name = nameOf(nodes, kind, graph.computing, names);
    names.add(name);
    const last = nodes.at(-1) as NodeProto;
    return last.output.filter(Boolean).map((output, i) => ({
      name: i === 0 ? name : `${name}:${i}`,
      kind,
      nodes: i === 0 ? nodes : [],
      inputs: [...new Set(reads.filter((value) => graph.depends(value)))],
      output,
      views: graph.viewsOf(output),
      parameters: i === 0 ? parameters : [],
      tied: i === 0 ? constants.filter((tensor) => !parameters.includes(tensor)) : [],
    }));
  });
}

/** Who makes and reads the values of a graph. */
class ValueGraph {
  /** Nodes that compute something from the network's input, in the order they run. */
  readonly computing: readonly NodeProto[];
  readonly #graph: GraphProto;
  readonly #producers: ReadonlyMap<string, NodeProto>;
  readonly #constants: ReadonlyMap<string, TensorProto>;
  readonly #dependent: Set<string>;

  constructor(model: ModelProto) {
    const { graph } = model;
    this.#graph = graph;
    this.#producers = new Map(graph.node.flatMap((node) => node.output.map((value) => [value, node] as const)));
    this.#constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    this.#dependent = new Set(freeInputs(model).map(({ name }) => name));
    const dependent = graph.node.filter((node) => {
      if (valueFree.has(node.opType) || !node.input.some((value) => this.#dependent.has(value))) return false;
      for (const value of node.output) this.#dependent.add(value);
      return true;
    });
    this.computing = dependent.filter(({ opType }) => !shapeOnly.has(opType));
  }

  depends(value: string): boolean {
    return this.#dependent.has(value);
  }

  /** Weights that a constant value is made from; none where it depends on the input. */
  weightsBehind(value: string): TensorProto[] {
    if (this.#dependent.has(value)) return [];
    const constant = this.#constants.get(value);
    if (constant !== undefined) return weightTypes.has(constant.dataType) ? [constant] : [];
    return (this.#producers.get(value)?.input ?? []).flatMap((input) => this.weightsBehind(input));
  }

  viewsOf(value: string): string[] {
    const reshaped = this.#readers(value).filter(({ opType, input }) => shapeOnly.has(opType) && input[0] === value);
    return [value, ...reshaped.flatMap(({ output }) => this.viewsOf(output[0] as string))];
  }

  /** A node with the bias or shift that follows it alone. */
  together(node: NodeProto): NodeProto[] {
    const isProduct = node.opType === 'MatMul' || node.opType === 'Mul';
    if (!isProduct || this.#weights(node).length === 0) return [node];
    const readers = this.#readers(node.output[0] as string);
    const [next] = readers;
    const isOutput = this.#graph.output.some(({ name }) => name === node.output[0]);
    const follows = next?.opType === 'Add' && readers.length === 1 && this.#weights(next).length > 0 && !isOutput;
    return next !== undefined && follows ? [node, next] : [node];
  }

  #weights(node: NodeProto): TensorProto[] {
    return node.input.flatMap((value) => this.weightsBehind(value));
  }

  #readers(value: string): NodeProto[] {
    return this.#graph.node.filter(({ input }) => input.includes(value));
  }
}

function kindOf(nodes: readonly NodeProto[], graph: ValueGraph): string {
  const [{ opType, input }] = nodes as [NodeProto];
  if (normalizations.has(opType)) return 'Norm';
  const hasWeights = input.some((value) => graph.weightsBehind(value).length > 0);
  if ((opType === 'Gemm' || opType === 'MatMul') && hasWeights) return 'Dense';
  return opType === 'Mul' && nodes.length === 2 ? 'Norm' : opType;
}

/**
 * A layer with weights is called by the path of its module, `/decoder/block1/conv1/Conv` decoder.block1.conv1, where that
 * module does nothing else, and any other by its own path.
 */
function nameOf(
  nodes: readonly NodeProto[],
  kind: string,
  all: readonly NodeProto[],
  taken: ReadonlySet<string>,
): string {
  const path = pathOf(nodes[0] as NodeProto);
  const module = path.slice(0, -1);
  const isWithin = (node: NodeProto) => module.every((step, i) => pathOf(node)[i] === step);
  const isModule = weighted.has(kind) && module.length > 0;
  const isAlone = isModule && all.every((node) => nodes.includes(node) || !isWithin(node));
  const name = isAlone ? module.join('.') : path.join('.');
  // Node names need not be unique; those of values are.
  return taken.has(name) ? `${name} (${nodes.at(-1)?.output[0]})` : name;
}

function pathOf({ name, output }: NodeProto): string[] {
  return (name || (output[0] as string)).split('/').filter(Boolean);
}

/** Number of values of constants. */
export function countOf(tensors: readonly TensorProto[]): number {
  return tensors.reduce((sum, { dims }) => sum + sizeOf(toNumbers(dims)), 0);
}

/** A layer with weights and the normalisation and activation that follow it alone: what is pruned as one. */
export interface Unit {
  readonly name: string;
  readonly layers: readonly Layer[];
  /** Value it reads. */
  readonly input: string;
  readonly output: string;
}

/** Kinds of layers that a unit begins with. */
const heads = new Set(['Conv', 'ConvTranspose', 'Dense']);
/** Elementwise functions of one value. */
const activations = new Set([
  ...['LeakyRelu', 'Relu', 'PRelu', 'Elu', 'Selu', 'Celu', 'Gelu', 'Softplus', 'Softsign', 'Erf', 'Mish'],
  ...['Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'ThresholdedRelu', 'Clip'],
]);

/** Whether a layer works on each value of one input alone, so that it can be left out. */
export function isElementwise({ kind, inputs }: Layer): boolean {
  return inputs.length === 1 && (kind === 'Norm' || activations.has(kind));
}

/** Layers that read a layer's output under any of its names. */
export function readersOf(layer: Layer, layers: readonly Layer[]): Layer[] {
  return layers.filter(({ inputs }) => inputs.some((value) => layer.views.includes(value)));
}

/** Groups a network's layers around those with weights; layers of no group are left out. */
export function unitsOf(layers: readonly Layer[], { graph }: ModelProto): Unit[] {
  const outputs = new Set(graph.output.map(({ name }) => name));
  return layers.flatMap((head) => {
    const [input] = head.inputs;
    if (!heads.has(head.kind) || input === undefined || head.inputs.length !== 1) return [];
    const members = [head];
    for (;;) {
      const last = members.at(-1) as Layer;
      const readers = readersOf(last, layers);
      const [next] = readers;
      const isRead = last.views.some((name) => outputs.has(name));
      if (next === undefined || readers.length > 1 || isRead || !isElementwise(next)) break;
      members.push(next);
    }
    const { output } = members.at(-1) as Layer;
    const [first, ...rest] = members.map(({ name }) => name);
    const name = [first, ...rest.map((each) => each.split('.').at(-1))].join(' + ');
    return [{ name, layers: members, input, output }];
  });
}
