import { CsiError } from '@edge-csi/csi';
import { all, bytesOf, fieldsOf, text } from './onnx-fields.ts';

/** One operator of a graph. */
export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that are one number; others are left out. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Attributes that are a list of integers. */
  readonly lists: ReadonlyMap<string, readonly number[]>;
}

/** A constant of a graph as float32; half precision and integers are widened. */
interface OnnxTensor {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

/** What is needed of an .onnx file to run its network without ONNX Runtime. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** Constants by name: float32, float16, int8, uint8, int64. */
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
}

/**
 * Reads the operators and constants of an .onnx file (onnx.proto3).
 *
 * @throws CsiError `model-invalid` where the bytes are not one.
 */
export function readOnnxGraph(bytes: Uint8Array): OnnxGraph {
  try {
    const graph = bytesOf(fieldsOf(bytes), 7);
    const fields = fieldsOf(graph);
    return {
      nodes: all(fields, 1).map(readNode),
      tensors: new Map(all(fields, 5).flatMap((tensor) => readTensor(tensor) ?? [])),
    };
  } catch (cause) {
    throw new CsiError('model-invalid', `not an ONNX file: ${(cause as Error).message}`, { cause });
  }
}

function readNode(bytes: Uint8Array): OnnxNode {
  const fields = fieldsOf(bytes);
  const numbers = new Map<string, number>();
  const lists = new Map<string, readonly number[]>();
  for (const attribute of all(fields, 5).map(fieldsOf)) {
    const name = text(bytesOf(attribute, 1));
    const float = attribute.find(({ number }) => number === 2);
    const integer = attribute.find(({ number }) => number === 3);
    const list = attribute.filter(({ number, bytes }) => number === 8 && bytes === undefined);
    if (float !== undefined) numbers.set(name, new Float32Array(Uint32Array.of(float.value).buffer)[0] as number);
    else if (integer !== undefined) numbers.set(name, integer.value);
    else if (list.length > 0)
      lists.set(
        name,
        list.map(({ value }) => value),
      );
  }
  return {
    type: text(bytesOf(fields, 4)),
    inputs: all(fields, 1).map(text),
    outputs: all(fields, 2).map(text),
    numbers,
    lists,
  };
}

/** How the constants that are read here lie in a file, by ONNX's number of their type. */
const elementTypes: Readonly<
  Record<number, { readonly size: number; readonly read: (view: DataView, at: number) => number }>
> = {
  1: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  2: { size: 1, read: (view, at) => view.getUint8(at) },
  3: { size: 1, read: (view, at) => view.getInt8(at) },
  7: { size: 8, read: (view, at) => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true) },
  10: { size: 2, read: (view, at) => fromFloat16(view.getUint16(at, true)) },
};

/** @returns nothing where the constant is of another type, or not written as raw bytes */
function readTensor(bytes: Uint8Array): [string, OnnxTensor][] | undefined {
  const fields = fieldsOf(bytes);
  const type = elementTypes[fields.find(({ number }) => number === 2)?.value ?? 0];
  const [raw] = all(fields, 9);
  if (type === undefined || raw === undefined) return undefined;
  const dims = fields.flatMap(({ number, value }) => (number === 1 ? [value] : []));
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (raw.length !== type.size * count)
    throw new RangeError(`a constant of ${dims.join(' x ')} has ${raw.length} bytes`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  // A loop, and not Float32Array.from with a function: that makes a list of boxed numbers first.
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = type.read(view, type.size * i);
  return [[text(bytesOf(fields, 8)), { dims, values }]];
}

/** Value of an IEEE 754 binary16. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

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
  const per = a.values.length / b.values.length;
  if (!isPerRow && b.values.length !== 1 && b.dims.join() !== a.dims.join()) return undefined;
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
