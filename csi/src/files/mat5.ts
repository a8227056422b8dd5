import { type FileHandle, open } from 'node:fs/promises';
import { CsiError } from '../errors.ts';
import { type ByteReader, createByteReader, fileRange, inflated } from './byte-reader.ts';
import { type ColumnMajorSink, createColumnMajorSink } from './column-major.ts';
import { MAT5_COMPRESSED, MAT5_MATRIX, type Mat5Header, readMatrixHeader, readTag } from './mat5-header.ts';
import type { NpyArray } from './npy.ts';
import { MAX_DEFLATE_RATIO } from './npz.ts';
import type { Variable } from './variable.ts';

const FILE_HEADER_BYTES = 128;

/** More variables than any data set has: a damaged file cannot keep the reader busy for long. */
const MAX_VARIABLES = 1024;

/** More values than a variable of this format may have bytes for. */
const MAX_VALUES = 2 ** 30;

/** Whether bytes begin as a MAT-file of version 5 to 7 does, in either byte order. */
export function isMat5(bytes: Uint8Array): boolean {
  return byteOrder(bytes) !== undefined;
}

/**
 * Lists the variables of a MAT-file, version 5 to 7.2, compressed or not. Values are read as float32; a variable of
 * class double has `type` float64 all the same, as that is what the file holds.
 *
 * @throws CsiError `file-format`, naming the byte, where the file is damaged.
 */
export async function listMat5(path: string): Promise<Variable[]> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    const head = createByteReader(fileRange(file, 0, size), path);
    const littleEndian = byteOrder(await head.take(FILE_HEADER_BYTES));
    if (littleEndian === undefined) throw new CsiError('file-format', `${path}: expected a version 5 MAT-file`);
    const variables: Variable[] = [];
    for (let start = FILE_HEADER_BYTES; start < size; ) {
      if (variables.length === MAX_VARIABLES) {
        throw new CsiError('file-format', `${path}: more than ${MAX_VARIABLES} variables, byte ${start}`);
      }
      const element = await locate(file, { path, littleEndian, start, size });
      variables.push(await describe(file, element));
      start = element.end;
    }
    return variables;
  });
}

/** Where an element of the file lies: its tag at `start`, its data at `start + 8 .. end - 1`. */
interface Element {
  readonly path: string;
  readonly littleEndian: boolean;
  readonly start: number;
  readonly end: number;
  readonly compressed: boolean;
}

async function locate(
  file: FileHandle,
  { path, littleEndian, start, size }: Omit<Element, 'end' | 'compressed'> & { size: number },
): Promise<Element> {
  const tag = await readTag(createByteReader(fileRange(file, start, start + 8), path), littleEndian).catch((cause) => {
    throw damaged(path, start, cause);
  });
  const compressed = tag.type === MAT5_COMPRESSED;
  if ((tag.type !== MAT5_MATRIX && !compressed) || tag.inline !== undefined || tag.bytes === 0) {
    throw new CsiError(
      'file-format',
      `${path}: expected a matrix at byte ${start}, found an element of type ${tag.type}`,
    );
  }
  const end = start + 8 + tag.bytes;
  if (end > size) {
    throw new CsiError('file-format', `${path}: element at byte ${start} ends at ${end}, the file at ${size}`);
  }
  return { path, littleEndian, start, end, compressed };
}

async function describe(file: FileHandle, element: Element): Promise<Variable> {
  const header = await withMatrix(file, element, async (_reader, header) => header);
  const type = TYPES[`${header.type}${header.complex ? ' complex' : ''}`] ?? header.type;
  const read = (): Promise<NpyArray> => {
    return withFile(element.path, (again) =>
      withMatrix(again, element, (reader, present, bytes) => readValues(reader, element, present, bytes)),
    );
  };
  return { name: header.name, type, shape: header.shape, read };
}

const TYPES: Readonly<Record<string, string>> = {
  double: 'float64',
  single: 'float32',
  'double complex': 'complex128',
  'single complex': 'complex64',
};

/** Reads a matrix up to its values. @param use - gets the bytes of the matrix after its tag */
async function withMatrix<T>(
  file: FileHandle,
  element: Element,
  use: (reader: ByteReader, header: Mat5Header, bytes: number) => Promise<T>,
): Promise<T> {
  const { path, littleEndian, start, end, compressed } = element;
  const stored = fileRange(file, compressed ? start + 8 : start, end);
  const reader = createByteReader(compressed ? inflated(stored, `variable at byte ${start}`) : stored, 'variable');
  try {
    const tag = await readTag(reader, littleEndian);
    if (tag.type !== MAT5_MATRIX) throw new CsiError('file-format', `holds an element of type ${tag.type}, no matrix`);
    if (tag.bytes > (end - start) * (compressed ? MAX_DEFLATE_RATIO : 1)) {
      throw new CsiError('file-format', `claims ${tag.bytes} bytes of data, more than ${end - start} bytes can hold`);
    }
    return await use(reader, await readMatrixHeader(reader, littleEndian), tag.bytes);
  } catch (cause) {
    throw damaged(path, start, cause);
  } finally {
    await reader.close();
  }
}

async function readValues(
  reader: ByteReader,
  { littleEndian }: Element,
  { name, type, shape, complex }: Mat5Header,
  bytes: number,
): Promise<NpyArray> {
  if (!/^(double|single|u?int(8|16|32|64))$/.test(type)) {
    throw new CsiError('file-format', `${name} is of class ${type}, expected numbers`);
  }
  const numElements = shape.reduce((product, size) => product * size, 1);
  const parts = complex ? 2 : 1;
  if (numElements * parts > MAX_VALUES) {
    throw new CsiError('file-format', `${name} has shape [${shape}], more than ${MAX_VALUES} values`);
  }
  let data = new Float32Array(0);
  for (let part: 0 | 1 = 0; part < parts; part++) {
    const tag = await readTag(reader, littleEndian);
    const valueBytes = mat5ValueBytes(tag.type);
    if (valueBytes === undefined || tag.bytes !== numElements * valueBytes || tag.bytes > bytes) {
      throw new CsiError(
        'file-format',
        `${name} ${type} [${shape}] has ${tag.bytes} bytes of type ${tag.type} at byte ${reader.position}`,
      );
    }
    // Taken only now: memory is bounded by what the file claims to hold, and that by its own size.
    if (part === 0) data = new Float32Array(numElements * parts);
    const sink = createColumnMajorSink(data, shape, parts, part as 0 | 1);
    const values = createMat5Values(tag.type, littleEndian, sink);
    if (tag.inline !== undefined) values.push(tag.inline);
    else for await (const piece of reader.pieces(tag.bytes)) values.push(piece);
    // The last element may lack its padding.
    if (part + 1 < parts) await reader.take(tag.padding);
  }
  await drain(reader, bytes);
  return complex ? { dtype: 'complex64', shape, data } : { dtype: 'float32', shape, data };
}

/** Reads what is left of a matrix, so that the checksum of a compressed one is compared. */
async function drain(reader: ByteReader, bytes: number): Promise<void> {
  const left = bytes + 8 - reader.position;
  if (left < 0) throw new CsiError('file-format', `values end ${-left} bytes behind the variable`);
  for await (const _ of reader.pieces(left));
  await reader.end();
}

/** Puts file and byte before what is wrong with an element. */
function damaged(path: string, start: number, cause: unknown): unknown {
  if (!(cause instanceof CsiError)) return cause;
  return new CsiError(cause.code, `${path}: variable at byte ${start}: ${cause.message}`, { cause });
}

/** Whether the file is little-endian; `undefined` where it is no MAT-file of version 5. */
function byteOrder(bytes: Uint8Array): boolean | undefined {
  if (bytes.length < FILE_HEADER_BYTES) return undefined;
  // The writer's version, 0x0100, and the characters MI, each as a 16-bit number.
  const [a, b, c, d] = bytes.subarray(124, 128);
  if (a === 0x00 && b === 0x01 && c === 0x49 && d === 0x4d) return true;
  if (a === 0x01 && b === 0x00 && c === 0x4d && d === 0x49) return false;
  return undefined;
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path).catch((cause) => {
    throw new CsiError('file-format', `${path}: cannot be read (${cause.code ?? cause})`, { cause });
  });
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

type Get = (view: DataView, at: number, littleEndian: boolean) => number;

/** How numbers are stored, by type number ("MAT-File Format", table 1-1). Whole numbers may be stored as integers. */
const STORAGE: Readonly<Record<number, readonly [bytes: number, get: Get]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, littleEndian) => view.getInt16(at, littleEndian)],
  4: [2, (view, at, littleEndian) => view.getUint16(at, littleEndian)],
  5: [4, (view, at, littleEndian) => view.getInt32(at, littleEndian)],
  6: [4, (view, at, littleEndian) => view.getUint32(at, littleEndian)],
  7: [4, (view, at, littleEndian) => view.getFloat32(at, littleEndian)],
  9: [8, (view, at, littleEndian) => view.getFloat64(at, littleEndian)],
  12: [8, (view, at, littleEndian) => Number(view.getBigInt64(at, littleEndian))],
  13: [8, (view, at, littleEndian) => Number(view.getBigUint64(at, littleEndian))],
};

/** Bytes of one stored number; `undefined` where the type is not numeric. */
function mat5ValueBytes(type: number): number | undefined {
  return STORAGE[type]?.[0];
}

/** Turns pieces of stored numbers, cut anywhere, into values for a sink. */
function createMat5Values(
  type: number,
  littleEndian: boolean,
  sink: ColumnMajorSink,
): { push(piece: Uint8Array): void } {
  const [valueBytes, get] = STORAGE[type] ?? [0, () => Number.NaN];
  if (valueBytes === 0) throw new RangeError(`type is ${type}, must be numeric`);
  const cut = new Uint8Array(valueBytes);
  let numCut = 0;
  return {
    push(piece) {
      let at = 0;
      while (numCut > 0 && at < piece.length) {
        cut[numCut++] = piece[at++] as number;
        if (numCut < valueBytes) continue;
        sink.push(get(new DataView(cut.buffer), 0, littleEndian));
        numCut = 0;
      }
      const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
      for (; at + valueBytes <= piece.length; at += valueBytes) sink.push(get(view, at, littleEndian));
      while (at < piece.length) cut[numCut++] = piece[at++] as number;
    },
  };
}
