import { CsiError } from '../errors.ts';
import type { ByteReader } from './byte-reader.ts';

/** Names of the array classes of a MAT-file, by number ("MAT-File Format", table 1-3). */
const CLASSES: readonly (string | undefined)[] = [
  undefined,
  ...['cell', 'struct', 'object', 'char', 'sparse', 'double', 'single', 'int8', 'uint8', 'int16', 'uint16'],
  ...['int32', 'uint32', 'int64', 'uint64', 'function handle', 'opaque'],
];
const OPAQUE_CLASS = 17;

export const MAT5_MATRIX = 14;
export const MAT5_COMPRESSED = 15;
const MAT5_UINT32 = 6;

const MAX_DIMENSIONS = 32;
const MAX_NAME_BYTES = 1024;

/** Tag of a data element: its type, the bytes of data after it, and those that fill up to a multiple of 8. */
export interface Mat5Tag {
  readonly type: number;
  readonly bytes: number;
  readonly padding: number;
  /** Data of at most 4 bytes, which the tag holds itself. */
  readonly inline?: Uint8Array;
}

/** What stands before the values of a matrix. */
export interface Mat5Header {
  readonly name: string;
  /** MATLAB's name of the class. */
  readonly type: string;
  readonly complex: boolean;
  readonly shape: readonly number[];
}

/** Reads the next tag. */
export async function readTag(reader: ByteReader, littleEndian: boolean): Promise<Mat5Tag> {
  const bytes = await reader.take(8);
  const view = viewOf(bytes);
  const first = view.getUint32(0, littleEndian);
  const small = first >>> 16;
  if (small === 0) {
    const length = view.getUint32(4, littleEndian);
    return { type: first, bytes: length, padding: (8 - (length % 8)) % 8 };
  }
  // A small element: byte count and type share a word, the data is in the other.
  if (small > 4) throw new CsiError('file-format', `small element of ${small} bytes before byte ${reader.position}`);
  return { type: first & 0xffff, bytes: small, padding: 0, inline: bytes.subarray(4, 4 + small) };
}

/**
 * Reads flags, dimensions and name of a matrix, whose own tag has been read.
 *
 * @throws CsiError `file-format` where they are not those of a matrix.
 */
export async function readMatrixHeader(reader: ByteReader, littleEndian: boolean): Promise<Mat5Header> {
  const flags = await readSmall(reader, littleEndian, 8, 'array flags');
  if (flags.type !== MAT5_UINT32 || flags.data.length !== 8) {
    throw new CsiError('file-format', `array flags of type ${flags.type}, expected uint32, byte ${reader.position}`);
  }
  const word = viewOf(flags.data).getUint32(0, littleEndian);
  const type = CLASSES[word & 0xff];
  if (type === undefined) {
    throw new CsiError('file-format', `array class ${word & 0xff} is unknown, byte ${reader.position}`);
  }
  // Opaque objects have no dimensions.
  const shape = (word & 0xff) === OPAQUE_CLASS ? [] : await readDimensions(reader, littleEndian);
  const name = await readSmall(reader, littleEndian, MAX_NAME_BYTES, 'array name');
  return {
    name: Buffer.from(name.data).toString('latin1'),
    type,
    complex: (word & 0x800) !== 0,
    shape,
  };
}

async function readDimensions(reader: ByteReader, littleEndian: boolean): Promise<number[]> {
  const { data } = await readSmall(reader, littleEndian, 4 * MAX_DIMENSIONS, 'dimensions');
  const view = viewOf(data);
  const shape = Array.from({ length: Math.floor(data.length / 4) }, (_, i) => view.getInt32(4 * i, littleEndian));
  if (shape.length < 2 || shape.some((size) => size < 0)) {
    throw new CsiError('file-format', `dimensions are [${shape}], expected two or more, byte ${reader.position}`);
  }
  return shape;
}

/** An element that is read whole. */
async function readSmall(
  reader: ByteReader,
  littleEndian: boolean,
  maxBytes: number,
  what: string,
): Promise<{ type: number; data: Uint8Array }> {
  const tag = await readTag(reader, littleEndian);
  if (tag.inline !== undefined) return { type: tag.type, data: tag.inline };
  if (tag.bytes > maxBytes) {
    throw new CsiError(
      'file-format',
      `${what} of ${tag.bytes} bytes, expected at most ${maxBytes}, byte ${reader.position}`,
    );
  }
  const data = await reader.take(tag.bytes);
  await reader.take(tag.padding);
  return { type: tag.type, data };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
