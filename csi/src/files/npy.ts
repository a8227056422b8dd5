import { readFile, writeFile } from 'node:fs/promises';
import { CsiError } from '../errors.ts';

/** The element types read and written, with the array each is held in. Complex types interleave real and imaginary. */
interface NpyStorage {
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  float32: Float32Array;
  float64: Float64Array;
  complex64: Float32Array;
  complex128: Float64Array;
}

export type Dtype = keyof NpyStorage;

/** An array of a .npy file, row-major. `data` holds one number an element, two (real, imaginary) where it is complex. */
export type NpyArray = {
  [D in Dtype]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: NpyStorage[D] };
}[Dtype];

interface Format {
  readonly descr: string;
  /** Numbers an element. */
  readonly parts: 1 | 2;
  readonly storage: new (buffer: ArrayBuffer) => NpyStorage[Dtype];
  readonly partBytes: number;
}

function format(descr: string, storage: Format['storage'] & { BYTES_PER_ELEMENT: number }, parts: 1 | 2 = 1): Format {
  return { descr, storage, parts, partBytes: storage.BYTES_PER_ELEMENT };
}

const FORMATS: Readonly<Record<Dtype, Format>> = {
  int8: format('|i1', Int8Array),
  uint8: format('|u1', Uint8Array),
  int16: format('<i2', Int16Array),
  uint16: format('<u2', Uint16Array),
  int32: format('<i4', Int32Array),
  uint32: format('<u4', Uint32Array),
  int64: format('<i8', BigInt64Array),
  uint64: format('<u8', BigUint64Array),
  float32: format('<f4', Float32Array),
  float64: format('<f8', Float64Array),
  complex64: format('<c8', Float32Array, 2),
  complex128: format('<c16', Float64Array, 2),
};

const MAGIC = '\x93NUMPY';

/**
 * Reads a .npy file; Fortran order is turned into row-major.
 *
 * @throws CsiError `file-format` where the file cannot be read, is not .npy or has an unsupported element type.
 */
export async function readNpy(path: string): Promise<NpyArray> {
  return parseNpy(await readBytes(path), path);
}

/** Writes an array as .npy, version 1.0. */
export async function writeNpy(path: string, array: NpyArray): Promise<void> {
  await writeFile(path, formatNpy(array));
}

/** Whether bytes begin as a .npy file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(0, MAGIC.length)) === MAGIC;
}

/** Reads a file whole, reporting failure as a `file-format` error that names the path. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new CsiError('file-format', `${path}: cannot be read (${reason})`, { cause });
  }
}

/** What a .npy file says of itself. */
export interface NpyHeader {
  /** NumPy's name of the element type; its code where the type cannot be read. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly dataStart: number;
  readonly bigEndian: boolean;
}

/**
 * Parses the header of a .npy file.
 *
 * @param name - what to call the file in errors
 * @throws CsiError `file-format` where the bytes do not begin with one.
 */
export function parseNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  if (!isNpy(bytes)) throw new CsiError('file-format', `${name}: expected a .npy file, found no .npy signature`);
  const { header, dataStart } = splitHeader(bytes, name);
  const descr = /'descr':\s*('[^']*'|\[)/.exec(header)?.[1]?.replaceAll("'", '');
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([\d,\sL]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || dimensions === undefined) {
    throw new CsiError('file-format', `${name}: expected descr, fortran_order and shape in the .npy header`);
  }
  const type = typeOf(descr);
  const shape = (dimensions.match(/\d+/g) ?? []).map(Number);
  return { type, shape, fortranOrder: order === 'True', dataStart, bigEndian: descr.startsWith('>') };
}

/** NumPy's name of an element type, whatever its byte order. */
function typeOf(descr: string): string {
  if (/^[<>=|]?f2$/.test(descr)) return 'float16';
  if (descr === '|b1') return 'bool';
  const dtype = (Object.keys(FORMATS) as Dtype[]).find((d) => FORMATS[d].descr.slice(1) === descr.slice(1));
  if (dtype !== undefined) return dtype;
  if (descr === '[') return 'a structured type';
  return descr === '|O' ? 'pickled Python objects' : `'${descr}'`;
}

/**
 * Parses the bytes of a .npy file, of either byte order; float16 is read as float32, bool as 0 and 1.
 *
 * @param name - what to call the file in errors
 * @throws CsiError `file-format` where the bytes are not a whole .npy file of a supported element type.
 */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  const { type, shape, fortranOrder, dataStart, bigEndian } = parseNpyHeader(bytes, name);
  if (type === 'float16') {
    const halves = parseNpyValues('uint16', bytes, name, { shape, dataStart, bigEndian });
    const data = Float32Array.from(halves as Uint16Array, fromHalf);
    if (fortranOrder) toRowMajor(data, shape, 1);
    return { dtype: 'float32', shape, data };
  }
  if (type === 'bool') {
    const data = parseNpyValues('uint8', bytes, name, { shape, dataStart, bigEndian }) as Uint8Array;
    if (fortranOrder) toRowMajor(data, shape, 1);
    return { dtype: 'uint8', shape, data };
  }
  if (type === 'pickled Python objects') {
    throw new CsiError(
      'file-format',
      `${name}: holds pickled Python objects, expected an array; save it with numpy.save(FILE, numpy.array(..., dtype=numpy.complex64))`,
    );
  }
  if (!isDtype(type)) {
    const supported = Object.values(FORMATS).map((f) => f.descr);
    throw new CsiError('file-format', `${name}: element type is ${type}, expected one of ${supported.join(' ')}`);
  }
  const data = parseNpyValues(type, bytes, name, { shape, dataStart, bigEndian });
  if (fortranOrder) toRowMajor(data, shape, FORMATS[type].parts);
  return { dtype: type, shape, data } as NpyArray;
}

function parseNpyValues(
  type: Dtype,
  bytes: Uint8Array,
  name: string,
  { shape, dataStart, bigEndian }: Pick<NpyHeader, 'shape' | 'dataStart' | 'bigEndian'>,
): NpyStorage[Dtype] {
  const { parts, partBytes, storage: Storage } = FORMATS[type];
  const expected = numElements(shape) * parts * partBytes;
  if (bytes.length - dataStart !== expected) {
    throw new CsiError(
      'file-format',
      `${name}: ${bytes.length - dataStart} bytes of data, ${type} [${shape}] needs ${expected}`,
    );
  }
  // The copy starts at offset 0 of its own buffer, aligned for any element type.
  const copy = new Uint8Array(bytes.subarray(dataStart));
  if (bigEndian) for (let at = 0; at < copy.length; at += partBytes) copy.subarray(at, at + partBytes).reverse();
  return new Storage(copy.buffer);
}

/** The value of a half-precision number (IEEE 754-2008, binary16). */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function isDtype(type: string): type is Dtype {
  return Object.hasOwn(FORMATS, type);
}

/**
 * The bytes of a .npy file.
 *
 * @throws RangeError where the data does not fit the shape.
 */
export function formatNpy({ dtype, shape, data }: NpyArray): Uint8Array {
  const expected = numElements(shape) * FORMATS[dtype].parts;
  if (data.length !== expected) {
    throw new RangeError(`data has ${data.length} numbers, ${dtype} [${shape}] needs ${expected}`);
  }
  const header = formatNpyHeader(dtype, shape);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}

/**
 * What a .npy file begins with; the data follows, little endian, row-major.
 *
 * @param reservedRows - leaves room for a first dimension of so many, so that the header can be written again in place
 */
export function formatNpyHeader(dtype: Dtype, shape: readonly number[], reservedRows = 0): Uint8Array {
  const dict = dictOf(dtype, shape);
  const reserved = Math.max(dict.length, dictOf(dtype, [reservedRows, ...shape.slice(1)]).length);
  // Magic, version and length take 10 bytes; the data starts on a multiple of 64.
  const headerLength = Math.ceil((10 + reserved + 1) / 64) * 64 - 10;
  const text = `${MAGIC}\x01\x00${String.fromCharCode(headerLength & 0xff, headerLength >> 8)}${dict.padEnd(headerLength - 1)}\n`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function dictOf(dtype: Dtype, shape: readonly number[]): string {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  return `{'descr': '${FORMATS[dtype].descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
}

function splitHeader(bytes: Uint8Array, name: string): { header: string; dataStart: number } {
  const major = bytes[6];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthBytes = major === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  if (major === undefined || major < 1 || major > 3 || bytes.length < headerStart) {
    throw new CsiError('file-format', `${name}: expected a .npy header of version 1 to 3, found version ${major}`);
  }
  const headerLength = lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = headerStart + headerLength;
  if (dataStart > bytes.length) {
    throw new CsiError('file-format', `${name}: header of ${headerLength} bytes, the file has ${bytes.length} in all`);
  }
  return { header: latin1(bytes.subarray(headerStart, dataStart)), dataStart };
}

/** Permutes column-major elements in place. */
function toRowMajor(data: NpyStorage[Dtype], shape: readonly number[], parts: number): void {
  const source = data.slice();
  const index = shape.map(() => 0);
  for (let to = 0; to < data.length; to += parts) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from = from * (shape[axis] as number) + (index[axis] as number);
    }
    for (let part = 0; part < parts; part++) data[to + part] = source[from * parts + part] as never;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      index[axis] = 0;
    }
  }
}

function numElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
