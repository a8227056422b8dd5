import type { Dataset, File, Group } from 'h5wasm/node';
import { CsiError } from '../errors.ts';
import { createColumnMajorSink } from './column-major.ts';
import { fromHalf, type NpyArray } from './npy.ts';
import type { Variable } from './variable.ts';

const SIGNATURE = '\x89HDF\r\n\x1a\n';
const MATLAB_SIGNATURE = 'MATLAB 7.3 MAT-file';

/** Values read at once. */
const BLOCK_VALUES = 1 << 20;
/** More values than fit the memory that the HDF5 library can address. */
const MAX_VALUES = 2 ** 30;

/** Whether bytes begin as an HDF5 file or a MAT-file of version 7.3 does. */
export function isHdf5(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, MATLAB_SIGNATURE.length)).toString('latin1');
  return text.startsWith(SIGNATURE) || text === MATLAB_SIGNATURE;
}

/**
 * Lists the variables of an HDF5 file, those in groups as `group/name`. Those that MATLAB wrote have its dimensions, which HDF5 holds in
 * reverse. Needs the package h5wasm.
 *
 * @throws CsiError `dependency-missing` where h5wasm is not installed, `file-format` where the file is damaged.
 */
export async function listHdf5(path: string): Promise<Variable[]> {
  return withHdf5(path, (file) => {
    const listed: Variable[] = [];
    // A file may link a group into itself: links are not followed.
    const visit = (group: Group, prefix: string, depth: number): void => {
      for (const key of group.keys()) {
        const name = `${prefix}${key}`;
        const entity = group.get(key);
        if (listed.length === MAX_VARIABLES) return;
        if (isDataset(entity)) {
          const layout = layoutOf(entity);
          const read = (): Promise<NpyArray> => withHdf5(path, (again) => readDataset(path, name, again));
          listed.push({ name, type: layout.type, shape: layout.shape, read });
        } else {
          listed.push({ name, type: 'group', shape: [], read: () => refuse(path, name, 'group') });
          if (isGroup(entity) && depth < MAX_DEPTH && file.get_link(name) === null)
            visit(entity, `${name}/`, depth + 1);
        }
      }
    };
    visit(file, '', 0);
    return listed;
  });
}

/** More variables, and groups in groups, than any data set has. */
const MAX_VARIABLES = 1024;
const MAX_DEPTH = 8;

interface Layout {
  readonly type: string;
  readonly shape: readonly number[];
  readonly complex: boolean;
  /** Whether the file holds the dimensions in reverse, as MATLAB does. */
  readonly columnMajor: boolean;
}

function layoutOf(dataset: Dataset): Layout {
  const { metadata } = dataset;
  const columnMajor = 'MATLAB_class' in dataset.attrs;
  const stored = metadata.shape ?? [];
  const shape = columnMajor ? stored.toReversed() : stored;
  const members = metadata.compound_type?.members ?? [];
  const complex =
    members.length === 2 &&
    members.every(({ type, size }) => isFloat(type, size)) &&
    ['real', 'r'].includes(members[0]?.name ?? '') &&
    ['imag', 'i'].includes(members[1]?.name ?? '');
  if (complex) return { type: `complex${8 * metadata.size}`, shape, complex, columnMajor };
  return { type: realTypeOf(metadata), shape, complex, columnMajor };
}

/** HDF5's classes of data types: 0 integers, 1 floating-point, in a precision that JavaScript has; 8 enumerations, as Python writes bool. */
function realTypeOf({ type, size, signed }: Dataset['metadata']): string {
  if (type === 8 && size === 1) return 'bool';
  if (type === 0 && size <= 8) return `${signed ? '' : 'u'}int${8 * size}`;
  return isFloat(type, size) ? `float${8 * size}` : 'not numeric';
}

function isFloat(type: number, size: number): boolean {
  return type === 1 && (size === 2 || size === 4 || size === 8);
}

function readDataset(path: string, name: string, file: File): NpyArray {
  const dataset = file.get(name);
  if (!isDataset(dataset)) return refuse(path, name, 'group');
  const { type, shape, complex, columnMajor } = layoutOf(dataset);
  if (!/^(float|complex|u?int|bool)/.test(type)) return refuse(path, name, type);
  const numElements = shape.reduce((product, size) => product * size, 1);
  const parts = complex ? 2 : 1;
  if (numElements * parts > MAX_VALUES)
    return refuse(path, name, `of shape [${shape}], more than ${MAX_VALUES} values`);
  const data = new Float32Array(numElements * parts);
  const real = columnMajor ? createColumnMajorSink(data, shape, parts, 0) : createRowMajorSink(data, parts, 0);
  const imaginary = columnMajor ? createColumnMajorSink(data, shape, parts, 1) : createRowMajorSink(data, parts, 1);
  const half = type === 'float16';
  // The library has no half-precision numbers, and gives them as what they are in memory.
  if (half) Object.defineProperty(dataset, 'metadata', { value: { ...dataset.metadata, type: 0, signed: false } });
  for (const values of blocks(dataset)) {
    for (const value of values) {
      if (Array.isArray(value)) {
        real.push(Number(value[0]));
        imaginary.push(Number(value[1]));
      } else {
        real.push(half ? fromHalf(Number(value)) : Number(value));
      }
    }
  }
  return complex ? { dtype: 'complex64', shape, data } : { dtype: 'float32', shape, data };
}

/** The values in the order of the file, a few rows of its first dimension at a time. */
function* blocks(dataset: Dataset): Generator<Iterable<unknown>> {
  const [numRows = 1, ...rest] = dataset.shape ?? [];
  const rowLength = rest.reduce((product, size) => product * size, 1);
  const rowsAtOnce = Math.max(1, Math.floor(BLOCK_VALUES / Math.max(1, rowLength)));
  for (let row = 0; row < numRows; row += rowsAtOnce) {
    const all: [] = [];
    yield dataset.slice([[row, Math.min(numRows, row + rowsAtOnce)], ...rest.map(() => all)]) as Iterable<unknown>;
  }
}

function createRowMajorSink(out: Float32Array, parts: 1 | 2, part: 0 | 1): { push(value: number): void } {
  let at: number = part;
  return {
    push(value) {
      out[at] = value;
      at += parts;
    },
  };
}

function isDataset(entity: ReturnType<File['get']>): entity is Dataset {
  return entity !== null && 'type' in entity && (entity.type as string) === 'Dataset';
}

function isGroup(entity: ReturnType<File['get']>): entity is Group {
  return entity !== null && 'type' in entity && (entity.type as string) === 'Group';
}

function refuse(path: string, name: string, found: string): never {
  throw new CsiError('file-format', `${path}: ${name} is ${found}, expected a floating-point or complex array`);
}

async function withHdf5<T>(path: string, use: (file: File) => T): Promise<T> {
  const hdf5 = await loadHdf5(path);
  let file: File | undefined;
  try {
    file = new hdf5.File(path, 'r');
    return use(file);
  } catch (cause) {
    if (cause instanceof CsiError) throw cause;
    throw new CsiError('file-format', `${path}: HDF5 file is damaged (${reasonOf(cause)})`, { cause });
  } finally {
    file?.close();
  }
}

/** The innermost message of the trace that the library gives as an error. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.match(/(?<=in \w+\(\): ).*/g)?.at(-1) ?? text;
}

async function loadHdf5(path: string): Promise<typeof import('h5wasm/node')> {
  try {
    const hdf5 = await import('h5wasm/node');
    // Without this, errors go to stderr and calls return as if nothing had happened. With it, the library may keep a
    // damaged file open until the process ends.
    (await hdf5.ready).activate_throwing_error_handler();
    return hdf5;
  } catch (cause) {
    throw new CsiError(
      'dependency-missing',
      `${path} is HDF5 (MATLAB 7.3), which needs an optional package: npm install h5wasm; ` +
        "or save it from MATLAB with '-v7'",
      { cause },
    );
  }
}
