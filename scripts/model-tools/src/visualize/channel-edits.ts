import { decodeModel } from '../onnx/schema.ts';
import { costOf, type LayerCost, type Shapes } from './layer-cost.ts';
import { type Layer, layersOf } from './layers.ts';
import type { Network } from './network.ts';
import { readersOf, unitsOf } from './units.ts';

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
    return [{ unit: name, value: output, numChannels, savedByOne: shares.reduce(add) }];
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
  return costs.reduce(add, { parameters: 0, foldedParameters: 0, macs: 0, bytes: 0 });
}

function shareOf(cost: LayerCost, numChannels: number): LayerCost {
  return {
    // Biases are a filter's own, or nobody's: rounding down leaves them out where they do not divide.
    parameters: Math.floor(cost.parameters / numChannels),
    foldedParameters: 0,
    macs: Math.floor(cost.macs / numChannels),
    bytes: Math.floor(cost.bytes / numChannels),
  };
}

function add(a: LayerCost, b: LayerCost): LayerCost {
  return {
    parameters: a.parameters + b.parameters,
    foldedParameters: a.foldedParameters + b.foldedParameters,
    macs: a.macs + b.macs,
    bytes: a.bytes + b.bytes,
  };
}
