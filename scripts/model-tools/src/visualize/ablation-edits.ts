import { bypassNode, createNode, producerOf, removeUnused, replaceNode, setInitializer } from '../onnx/graph.ts';
import { decodeModel, type ModelProto, type NodeProto } from '../onnx/schema.ts';
import { floatTensor } from '../onnx/tensor.ts';
import { costBy, costOf, type LayerCost, type Shapes, sumOf, totalCost } from './layer-cost.ts';
import { isElementwise, type Layer, layersOf, readersOf, unitsOf } from './layers.ts';
import { freeInputs, type Network } from './network.ts';

/** Something left out of a network. */
export interface AblationEdit {
  readonly name: string;
  readonly how: 'bypassed' | 'branch dropped' | 'zeroed';
  /** Changes a graph so that it can be run and measured. */
  readonly apply: (model: ModelProto) => void;
  /** What the network no longer takes. */
  readonly saved: LayerCost;
}

/**
 * What can be left out of a network as a whole: units and elementwise layers whose output has the shape of their input are
 * bypassed, of two branches that are added up either is dropped, and of other units the output is set to 0.
 */
export function ablationEdits(network: Network, shapes: Shapes): AblationEdit[] {
  const model = decodeModel(network.onnx, network.file);
  const layers = layersOf(model);
  const units = unitsOf(layers, model);
  const isSame = (a: string, b: string) => shapes.get(a)?.join() === shapes.get(b)?.join();
  const edits: Omit<AblationEdit, 'saved'>[] = [];
  const bypass = (name: string, input: string, output: string) =>
    edits.push({ name, how: 'bypassed', apply: (target) => bypassNode(target, nodeOf(target, output), input) });
  for (const { name, input, output } of units) {
    if (isSame(input, output)) bypass(name, input, output);
    else edits.push({ name, how: 'zeroed', apply: (target) => zero(target, output) });
  }
  for (const layer of layers) {
    const [a, b] = layer.inputs;
    if (a !== undefined && isElementwise(layer)) bypass(layer.name, a, layer.output);
    if (layer.kind !== 'Add' || a === undefined || b === undefined) continue;
    for (const [kept, dropped] of [[a, b] as const, [b, a] as const]) {
      if (!isSame(kept, layer.output)) continue;
      const source = layers.find(({ views }) => views.includes(dropped))?.name ?? dropped;
      const apply = (target: ModelProto) => bypassNode(target, nodeOf(target, layer.output), kept);
      edits.push({ name: `${layer.name} without ${source}`, how: 'branch dropped', apply });
    }
  }
  const before = totalCost(layers, shapes);
  return edits.map((edit) => {
    const target = decodeModel(network.onnx, network.file);
    const last = edit.how === 'zeroed' ? units.find(({ name }) => name === edit.name)?.output : undefined;
    if (last === undefined) edit.apply(target);
    else foldFrom(target, last);
    removeUnused(target);
    const after = totalCost(layersOf(target), shapes);
    return { ...edit, saved: costBy((part) => before[part] - after[part]) };
  });
}

/** Puts constants, which take nothing, in place of a value and of all that depends on it and on no input of the graph. */
function foldFrom(model: ModelProto, value: string): void {
  const folded = new Set([value]);
  const dependent = new Set(freeInputs(model).map(({ name }) => name));
  for (const node of [...model.graph.node]) {
    const isFolded = node.output.includes(value) || node.input.some((name) => folded.has(name));
    const isDependent = !node.output.includes(value) && node.input.some((name) => dependent.has(name));
    if (isDependent) for (const name of node.output) dependent.add(name);
    if (!isFolded || isDependent) continue;
    for (const name of node.output) folded.add(name);
    replaceNode(model, node, createNode('Constant', [], node.output));
  }
}

/** Lets a value be multiplied by a further input of the graph, `[numChannels, 1, 1]`. @returns the input's name */
export function addChannelMask(model: ModelProto, value: string, numChannels: number): string {
  const mask = `${value}/mask`;
  const dim = [numChannels, 1, 1].map((dimValue) => ({ dimValue }));
  model.graph.input.push({ name: mask, type: { tensorType: { elemType: 1, shape: { dim } } } });
  multiply(model, value, mask);
  return mask;
}

function zero(model: ModelProto, value: string): void {
  setInitializer(model, floatTensor(`${value}/zero`, [], Float32Array.of(0)));
  multiply(model, value, `${value}/zero`);
}

/** Puts a product with a factor where a value was. */
function multiply(model: ModelProto, value: string, factor: string): void {
  const node = nodeOf(model, value);
  const raw = `${value}/whole`;
  node.output = node.output.map((name) => (name === value ? raw : name));
  replaceNode(model, node, node, createNode('Mul', [raw, factor], [value], { name: `${value}/masked` }));
}

function nodeOf(model: ModelProto, value: string): NodeProto {
  const node = producerOf(model, value);
  if (node === undefined) throw new RangeError(`no node makes ${value}`);
  return node;
}

/** The channels of one unit. */
export interface ChannelGroup {
  readonly unit: string;
  /** Value that has the channels, `[N, C, H, W]`. */
  readonly value: string;
  readonly numChannels: number;
  /** What one channel less takes less: its filter, and its share of the convolutions that read it. */
  readonly savedByOne: LayerCost;
}

/** Groups of channels that can be set to 0 one by one. */
export function channelGroups(network: Network, shapes: Shapes): ChannelGroup[] {
  const model = decodeModel(network.onnx, network.file);
  const layers = layersOf(model);
  return unitsOf(layers, model).flatMap(({ name, layers: members, output }) => {
    const shape = shapes.get(output) ?? [];
    const numChannels = shape[1] ?? 1;
    const last = members.at(-1) as Layer;
    if (shape.length !== 4 || numChannels < 2) return [];
    const readers = readersOf(last, layers).filter(({ kind }) => kind === 'Conv');
    const shares = [members[0] as Layer, ...readers].map((layer) => shareOf(costOf(layer, shapes), numChannels));
    return [{ unit: name, value: output, numChannels, savedByOne: sumOf(shares) }];
  });
}

/** What one codeword component less takes less: a row or column of every Dense layer that makes or takes the codeword. */
export function componentCost(
  parts: readonly { readonly network: Network; readonly shapes: Shapes }[],
  codewordLength: number,
): LayerCost {
  const costs = parts.flatMap(({ network, shapes }) => {
    const isCodeword = (value: string) => shapes.get(value)?.slice(1).join() === String(codewordLength);
    return layersOf(decodeModel(network.onnx, network.file))
      .filter(({ kind, inputs, output }) => kind === 'Dense' && [...inputs, output].some(isCodeword))
      .map((layer) => shareOf(costOf(layer, shapes), codewordLength));
  });
  return sumOf(costs);
}

function shareOf(cost: LayerCost, numChannels: number): LayerCost {
  // Biases are a filter's own, or nobody's: rounding down leaves them out where they do not divide.
  return { ...costBy((part) => Math.floor(cost[part] / numChannels)), foldedParameters: 0 };
}
