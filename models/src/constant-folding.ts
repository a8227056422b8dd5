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
 * Computes what depends on constants alone: small types widened, integers scaled, 4-bit integers unpacked. An operator on
 * constants that is not needed for that, or whose constants do not go together, is left among the nodes.
 */
export function foldConstants({ nodes, tensors }: OnnxGraph): FoldedGraph {
  const constants = new Map<string, Constant>(tensors);
  const rest = nodes.filter((node) => {
    const inputs = node.inputs.flatMap((name) => constants.get(name) ?? []);
    const folded = inputs.length > 0 && inputs.length === node.inputs.length ? fold(node, inputs) : undefined;
    if (folded !== undefined) constants.set(node.outputs[0] ?? '', folded);
    return folded === undefined && node.type !== 'Constant';
  });
  return { nodes: rest, constants };
}

function fold({ type, numbers }: OnnxNode, [a, b]: readonly Constant[]): Constant | undefined {
  if (a === undefined || type === 'Cast' || type === 'Identity') return a;
  if (type === 'Floor') return { ...a, values: a.values.map(Math.floor) };
  const [rows = 1, columns = 1] = a.dims;
  if (b === undefined || a.dims.length > 2) return undefined;
  if (type === 'Concat' && numbers.get('axis') === 1 && b.dims[0] === rows) return concatenated(a, b, rows, columns);
  const isProduct = type === 'Mul';
  if (!isProduct && type !== 'Sub') return undefined;
  const isPerRow = a.dims.length === 2 && b.dims.join() === `${rows},1`;
  const isOne = b.values.length === 1 && b.dims.length <= a.dims.length;
  if (!isPerRow && !isOne && b.dims.join() !== a.dims.join()) return undefined;
  const per = a.values.length / b.values.length;
  const values = a.values.map((value, i) => {
    const other = b.values[Math.floor(i / per)] as number;
    return isProduct ? value * other : value - other;
  });
  const isScaled = isProduct && isPerRow && a.values.every((v) => Number.isInteger(v) && v >= -128 && v <= 127);
  return { dims: a.dims, values, ...(isScaled ? { units: b.values } : {}) };
}

/** The columns of both, side by side. */
function concatenated(a: Constant, b: Constant, rows: number, left: number): Constant {
  const columns = left + (b.dims[1] ?? 0);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    values.set(a.values.subarray(row * left, (row + 1) * left), row * columns);
    values.set(b.values.subarray(row * (columns - left), (row + 1) * (columns - left)), row * columns + left);
  }
  return { dims: [rows, columns], values };
}
