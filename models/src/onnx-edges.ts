import { CsiError } from '@edge-csi/csi';
import { all, bytesOf, type Field, fieldsOf, text } from './onnx-fields.ts';

/**
 * Names of the inputs of an .onnx file's network.
 *
 * @throws CsiError `model-invalid` where the bytes are not one.
 */
export function readOnnxInputs(bytes: Uint8Array): string[] {
  return readAs('a network', () => {
    const graph = fieldsOf(bytesOf(fieldsOf(bytes), 7));
    return all(graph, 11).map((input) => text(bytesOf(fieldsOf(input), 1)));
  });
}

/** What `read` makes of a file's bytes. @throws CsiError `model-invalid` naming the file where they are not what it should hold */
function readAs<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CsiError('model-invalid', `${file} is not an ONNX file: ${(cause as Error).message}`, { cause });
  }
}

/** The file beside an .onnx file that holds weights of its network; undefined where all are in it. */
function externalWeightsOf(bytes: Uint8Array): string | undefined {
  const model = fieldsOf(bytes);
  const functions = all(model, 25).flatMap((body) => all(fieldsOf(body), 7));
  const tensors = [...tensorsOf(bytesOf(model, 7)), ...functions.flatMap(tensorsOfNode)].map(fieldsOf);
  const entries = tensors.flatMap((tensor) => all(tensor, 13).map(fieldsOf));
  const location = entries.find((entry) => text(bytesOf(entry, 1)) === 'location');
  return location && text(bytesOf(location, 2));
}

/** An input or output of a network. */
interface OnnxEdge {
  readonly side: 'input' | 'output';
  readonly name: string;
  /** ONNX's number of its element type; undefined where the file does not say. */
  readonly elementType: number | undefined;
  /** The batch dimension where it is fixed; undefined where it is open. */
  readonly fixedBatch: number | undefined;
}

/** Inputs and outputs of an .onnx file's network, without constants that stand among its inputs. */
function readOnnxEdges(bytes: Uint8Array): OnnxEdge[] {
  const graph = fieldsOf(bytesOf(fieldsOf(bytes), 7));
  const constants = new Set(all(graph, 5).map((tensor) => text(bytesOf(fieldsOf(tensor), 8))));
  const inputs = all(graph, 11).map((value) => edgeOf(value, 'input'));
  const outputs = all(graph, 12).map((value) => edgeOf(value, 'output'));
  return [...inputs.filter(({ name }) => !constants.has(name)), ...outputs];
}

function edgeOf(bytes: Uint8Array, side: OnnxEdge['side']): OnnxEdge {
  const value = fieldsOf(bytes);
  const inner = (fields: readonly Field[], number: number) => all(fields, number).slice(0, 1).flatMap(fieldsOf);
  const tensor = inner(inner(value, 2), 1);
  const batch = inner(inner(tensor, 2), 1);
  const numberOf = (fields: readonly Field[]) => fields.find(({ number, bytes: own }) => number === 1 && !own)?.value;
  return {
    side,
    name: text(bytesOf(value, 1)),
    elementType: numberOf(tensor),
    fixedBatch: numberOf(batch) || undefined,
  };
}

/** All tensors of a graph: constants, dense or sparse, and those of its nodes, branches and loops among them. */
function tensorsOf(graph: Uint8Array): Uint8Array[] {
  const fields = fieldsOf(graph);
  const sparse = all(fields, 15).flatMap(tensorsOfSparse);
  return [...all(fields, 5), ...sparse, ...all(fields, 1).flatMap(tensorsOfNode)];
}

const tensorsOfSparse = (tensor: Uint8Array) => [...all(fieldsOf(tensor), 1), ...all(fieldsOf(tensor), 2)];

function tensorsOfNode(node: Uint8Array): Uint8Array[] {
  return all(fieldsOf(node), 5)
    .map(fieldsOf)
    .flatMap((attribute) => [
      ...[...all(attribute, 5), ...all(attribute, 10)],
      ...[...all(attribute, 22), ...all(attribute, 23)].flatMap(tensorsOfSparse),
      ...[...all(attribute, 6), ...all(attribute, 11)].flatMap(tensorsOf),
    ]);
}

/** ONNX's numbers of element types that exporters write and no end of this link feeds. */
const otherTypes: Readonly<Record<number, string>> = { 10: 'float16', 11: 'float64', 16: 'bfloat16' };
const float32 = 1;

/** How a network is run. */
export interface NetworkUse {
  /** Whether it is run on batches, as those of the BS are; default true. */
  readonly batches?: boolean;
  /** What it may take, the first of it in any case, and what it has to give; anything where absent. */
  readonly names?: { readonly inputs: readonly string[]; readonly output: string };
}

/**
 * Checks that a network can run where it is loaded: weights in its file, since a runtime would look for others in a folder of its own
 * and no hash covers them; float32 at its edges; batches of the size it is run on; inputs and outputs called what its manifest says.
 *
 * @param file - its name, for messages
 * @throws CsiError `model-invalid` naming the file, what is wrong with it and the way out
 */
export function requireRunnable(onnx: Uint8Array, file: string, { batches = true, names }: NetworkUse = {}): void {
  const refuse = (what: string): never => {
    throw new CsiError('model-invalid', `${file}: ${what}`);
  };
  const { location, edges } = readAs(file, () => ({ location: externalWeightsOf(onnx), edges: readOnnxEdges(onnx) }));
  if (location !== undefined) {
    refuse(
      `weights are in another file, ${location}; save it as one file: torch.onnx.export(..., external_data=False), or ` +
        'onnx.save(onnx.load(FILE), FILE)',
    );
  }
  for (const { side, name, elementType = float32, fixedBatch } of edges) {
    if (elementType !== float32) {
      const found = otherTypes[elementType] ?? `type ${elementType}`;
      refuse(`${side} ${name} is ${found}, expected float32; export the network as model.float()`);
    }
    if (fixedBatch === undefined || (!batches && fixedBatch === 1)) continue;
    refuse(`${side} ${name} has a batch dimension of ${fixedBatch}: export it as dynamic`);
  }
  if (names === undefined) return;
  const listed = (side: OnnxEdge['side']) => edges.filter((edge) => edge.side === side).map(({ name }) => name);
  const [inputs, outputs] = [listed('input'), listed('output')];
  const [needed = ''] = names.inputs;
  if (!inputs.includes(needed) || !inputs.every((name) => names.inputs.includes(name))) {
    refuse(
      `takes ${inputs.join(', ')}, the manifest asks for ${names.inputs.join(', ')}; rename it as the network is exported`,
    );
  }
  if (!outputs.includes(names.output)) {
    refuse(`gives ${outputs.join(', ')}, the manifest asks for ${names.output}; rename it as the network is exported`);
  }
}

/**
 * What a runtime says of a network that it does not load, on one line. Of one that was written for a newer runtime: what is too new, and the way out.
 *
 * @param reason - the runtime's own message
 */
export function explainRefusal(reason: string): string {
  const [, ir, lastIr] = /model IR version: (\d+), max supported IR version: (\d+)/.exec(reason) ?? [];
  if (ir !== undefined) {
    return (
      `it is of ONNX IR ${ir}, and the runtime reads IR ${lastIr} at most; install a newer onnxruntime, or set model.ir_version = ${lastIr} ` +
      'on what onnx.load gives and save it'
    );
  }
  const [, opset, lastOpset] = /Opset (\d+) is under development.*till opset (\d+)/s.exec(reason) ?? [];
  if (opset !== undefined) {
    return (
      `it is of opset ${opset}, and the runtime has opset ${lastOpset} at most; install a newer onnxruntime, or export the network for ` +
      'that one: torch.onnx.export(..., opset_version=18)'
    );
  }
  return reason.replaceAll(/\s+/g, ' ').trim();
}
