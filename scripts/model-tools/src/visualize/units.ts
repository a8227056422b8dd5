import type { ModelProto } from '../onnx/schema.ts';
import type { Layer } from './layers.ts';

/** A layer with weights and the normalisation and activation that follow it alone: what is pruned as one. */
export interface Unit {
  readonly name: string;
  readonly layers: readonly Layer[];
  /** Value it reads. */
  readonly input: string;
  readonly output: string;
}

const weighted = new Set(['Conv', 'ConvTranspose', 'Dense']);
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
    if (!weighted.has(head.kind) || input === undefined || head.inputs.length !== 1) return [];
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
