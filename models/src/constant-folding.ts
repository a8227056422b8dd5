import { CsiError } from '@edge-csi/csi';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx-graph.ts';

/** A constant of a graph, computed from what its file holds. */
export interface Constant extends OnnxTensor {
  /** Where the values were written as integers, -128..127, with one factor a row: these factors, `[rows]`. */
  readonly units?: Float32Array;
}

/** A graph whose constants are computed, as ONNX Runtime does when it loads it. */
export interface FoldedGraph {
  /** Operators on the graph's inputs, in order. */
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, Constant>;
}

/**
 * Computes what depends on constants alone: small types widened, integers scaled, 4-bit integers unpacked.
 *
 * @param file - for messages
 * @throws CsiError `model-invalid` where constants meet whose shapes do not go together.
 */
export function foldConstants({ nodes, tensors }: OnnxGraph, file: string): FoldedGraph {
  const constants = new Map<string, Constant>(tensors);
  const rest: OnnxNode[] = [];
  for (const node of nodes) {
    if (node.type === 'Constant') continue;
    const inputs = node.inputs.map((name) => constants.get(name));
    const known = inputs.filter((input) => input !== undefined);
    const folded = known.length > 0 && known.length === inputs.length ? fold(node, known, file) : undefined;
    if (folded === undefined) rest.push(node);
    else constants.set(node.outputs[0] ?? '', folded);
  }
  return { nodes: rest, constants };
}

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
};

/** @returns nothing for an operator that does not make constants */
function fold({ type, numbers }: OnnxNode, inputs: readonly Constant[], file: string): Constant | undefined {
  const [a, b] = inputs;
  if (a === undefined) return undefined;
  if (type === 'Cast' || type === 'Identity') return a;
  if (type === 'Floor') return { ...a, values: a.values.map(Math.floor) };
  if (b === undefined) return undefined;
  if (type === 'Concat' && numbers.get('axis') === 1 && inputs.length === 2) return concatenated(a, b, file);
  const operator = binary[type];
  return operator && broadcast(type, a, b, operator, file);
}

/** Every value of `a` with the value of `b` there, b being one value, or one a row. */
function broadcast(type: string, a: Constant, b: Constant, operator: (a: number, b: number) => number, file: string) {
  const [rows = 1, columns = 1] = a.dims;
  const perRow = b.dims.length === 2 && b.dims[0] === rows && b.dims[1] === 1;
  const perValue = b.dims.join() === a.dims.join();
  if (b.values.length !== 1 && !perRow && !perValue) {
    throw new CsiError(
      'model-invalid',
      `${file}: ${type} of constants of ${a.dims.join(' x ')} and ${b.dims.join(' x ')}`,
    );
  }
  const at = (i: number) => (b.values.length === 1 ? 0 : perValue ? i : Math.floor(i / columns));
  const values = a.values.map((value, i) => operator(value, b.values[at(i)] as number));
  const scaled = type === 'Mul' && perRow && a.values.every((v) => Number.isInteger(v) && v >= -128 && v <= 127);
  return { dims: a.dims, values, ...(scaled ? { units: b.values } : {}) };
}

function concatenated(a: Constant, b: Constant, file: string): Constant {
  const [rows = 0, left = 0] = a.dims;
  const [others = 0, right = 0] = b.dims;
  if (a.dims.length !== 2 || b.dims.length !== 2 || rows !== others) {
    throw new CsiError(
      'model-invalid',
      `${file}: Concat of constants of ${a.dims.join(' x ')} and ${b.dims.join(' x ')}`,
    );
  }
  const values = new Float32Array(rows * (left + right));
  for (let row = 0; row < rows; row++) {
    values.set(a.values.subarray(row * left, (row + 1) * left), row * (left + right));
    values.set(b.values.subarray(row * right, (row + 1) * right), row * (left + right) + left);
  }
  return { dims: [rows, left + right], values };
}
