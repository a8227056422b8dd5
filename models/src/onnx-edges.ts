import { CsiError } from '@edge-csi/csi';
import { all, bytesOf, type Field, fieldsOf, text } from './onnx-fields.ts';

/**
 * Names of the inputs of an .onnx file's network.
 *
 * @throws CsiError `model-invalid` where the bytes are not one.
 */
export function readOnnxInputs(bytes: Uint8Array): string[] {
  try {
    const graph = fieldsOf(bytesOf(fieldsOf(bytes), 7));
    return all(graph, 11).map((input) => text(bytesOf(fieldsOf(input), 1)));
  } catch (cause) {
    throw new CsiError('model-invalid', `not an ONNX file: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The file beside an .onnx file that holds weights of its network; undefined where all are in it.
 *
 * @throws CsiError `model-invalid` where the bytes are no ONNX file.
 */
export function externalWeightsOf(bytes: Uint8Array): string | undefined {
  try {
    const model = fieldsOf(bytes);
    const functions = all(model, 25).flatMap((body) => all(fieldsOf(body), 7));
    const tensors = [...tensorsOf(bytesOf(model, 7)), ...functions.flatMap(tensorsOfNode)].map(fieldsOf);
    const entries = tensors.flatMap((tensor) => all(tensor, 13).map(fieldsOf));
    const location = entries.find((entry) => text(bytesOf(entry, 1)) === 'location');
    return location && text(bytesOf(location, 2));
  } catch (cause) {
    throw new CsiError('model-invalid', `not an ONNX file: ${(cause as Error).message}`, { cause });
  }
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

/**
 * Inputs and outputs of an .onnx file's network, without constants that stand among its inputs.
 *
 * @throws CsiError `model-invalid` where the bytes are no ONNX file.
 */
export function readOnnxEdges(bytes: Uint8Array): OnnxEdge[] {
  try {
    const graph = fieldsOf(bytesOf(fieldsOf(bytes), 7));
    const constants = new Set(all(graph, 5).map((tensor) => text(bytesOf(fieldsOf(tensor), 8))));
    const inputs = all(graph, 11).map((value) => edgeOf(value, 'input'));
    const outputs = all(graph, 12).map((value) => edgeOf(value, 'output'));
    return [...inputs.filter(({ name }) => !constants.has(name)), ...outputs];
  } catch (cause) {
    throw new CsiError('model-invalid', `not an ONNX file: ${(cause as Error).message}`, { cause });
  }
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
