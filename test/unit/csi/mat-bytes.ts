import { deflateSync } from 'node:zlib';

/** How numbers are stored in a MAT-file: type number, bytes, setter. */
export const storages = {
  int8: [1, 1, 'setInt8'],
  uint8: [2, 1, 'setUint8'],
  int16: [3, 2, 'setInt16'],
  uint16: [4, 2, 'setUint16'],
  int32: [5, 4, 'setInt32'],
  uint32: [6, 4, 'setUint32'],
  single: [7, 4, 'setFloat32'],
  double: [9, 8, 'setFloat64'],
} as const;

export interface MatVariable {
  readonly name: string;
  readonly shape: readonly number[];
  /** Column-major. */
  readonly real: readonly number[];
  readonly imaginary?: readonly number[];
  readonly storage?: keyof typeof storages;
  /** Number of the class; 6, double, unless told. */
  readonly classNumber?: number;
}

/** A MAT-file of version 5 in either byte order, as "MAT-File Format" describes it. */
export function matBytes(
  variables: readonly MatVariable[],
  { littleEndian = true, compressed = false }: { littleEndian?: boolean; compressed?: boolean } = {},
): Uint8Array {
  const words = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [i, value] of values.entries()) {
      if (littleEndian) bytes.writeUInt32LE(value >>> 0, 4 * i);
      else bytes.writeUInt32BE(value >>> 0, 4 * i);
    }
    return bytes;
  };
  const element = (type: number, data: Buffer): Buffer => {
    const small = data.length <= 4 && data.length > 0;
    if (small) return Buffer.concat([words((data.length << 16) | type), data, Buffer.alloc(4 - data.length)]);
    return Buffer.concat([words(type, data.length), data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
  };
  const numbers = (values: readonly number[], storage: keyof typeof storages): Buffer => {
    const [type, size, set] = storages[storage];
    const bytes = Buffer.alloc(size * values.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const [i, value] of values.entries()) view[set](size * i, value, littleEndian);
    return element(type, bytes);
  };
  const matrix = ({ name, shape, real, imaginary, storage = 'double', classNumber = 6 }: MatVariable): Buffer => {
    const body = Buffer.concat([
      element(6, words(classNumber | (imaginary ? 0x800 : 0), 0)),
      element(5, words(...shape)),
      element(1, Buffer.from(name)),
      numbers(real, storage),
      imaginary ? numbers(imaginary, storage) : Buffer.alloc(0),
    ]);
    const whole = Buffer.concat([words(14, body.length), body]);
    if (!compressed) return whole;
    const packed = deflateSync(whole);
    return Buffer.concat([words(15, packed.length), packed]);
  };
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file');
  header.set(littleEndian ? [0, 1, 0x49, 0x4d] : [1, 0, 0x4d, 0x49], 124);
  return Buffer.concat([header, ...variables.map(matrix)]);
}
