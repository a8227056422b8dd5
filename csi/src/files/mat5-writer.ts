import type { FileHandle } from 'node:fs/promises';
import type { NamedSamples } from './csi-layout.ts';
import { writeAt } from './whole-file.ts';

/** Samples whose values are turned to columns at once. */
const SAMPLES_AT_ONCE = 1024;

const HEADER_TEXT = 'MATLAB 5.0 MAT-file, written by edge-csi';

/** Bytes of the values of one variable. */
export function mat5Size(numSamples: number, length: number): number {
  return 4 * numSamples * length;
}

/**
 * Writes a MAT-file, version 5, little-endian, with a variable of class single, `[numSamples, length]`, for each array.
 * MATLAB keeps columns together: a block of samples is a short stretch of every column, written to its place.
 *
 * @param columns - a number a sample, by name: `[numSamples, 1]`
 * @param length - numbers a sample
 */
export async function writeMat5(
  file: FileHandle,
  arrays: NamedSamples,
  columns: Readonly<Record<string, Float64Array>>,
  { numSamples, length }: { readonly numSamples: number; readonly length: number },
  onProgress: (done: number) => void,
): Promise<void> {
  await writeAt(file, fileHeader(), 0);
  let at = 128;
  for (const [i, [name, samples]] of Object.entries(arrays).entries()) {
    const header = matrixHeader(name, numSamples, length);
    await writeAt(file, header, at);
    const start = at + header.length;
    for (let first = 0; first < numSamples; first += SAMPLES_AT_ONCE) {
      const count = Math.min(SAMPLES_AT_ONCE, numSamples - first);
      const columns = new Float32Array(length * count);
      for (let row = 0; row < count; row++) {
        const { values } = samples.at(first + row);
        for (let column = 0; column < length; column++) columns[column * count + row] = values[column] as number;
      }
      const bytes = new Uint8Array(columns.buffer);
      for (let column = 0; column < length; column++) {
        const stretch = bytes.subarray(4 * column * count, 4 * (column + 1) * count);
        await writeAt(file, stretch, start + 4 * (column * numSamples + first));
      }
      onProgress(i * numSamples + first + count);
    }
    at = start + paddedLength(mat5Size(numSamples, length));
  }
  for (const [name, values] of Object.entries(columns)) {
    const header = matrixHeader(name, numSamples, 1);
    await writeAt(file, header, at);
    await writeAt(file, new Uint8Array(Float32Array.from(values).buffer), at + header.length);
    at += header.length + paddedLength(mat5Size(numSamples, 1));
  }
  // The last variable's padding, which nothing was written to.
  await file.truncate(at);
}

function fileHeader(): Uint8Array {
  const bytes = new Uint8Array(128);
  bytes.fill(0x20, 0, 116);
  bytes.set(Buffer.from(HEADER_TEXT, 'latin1'));
  const view = new DataView(bytes.buffer);
  view.setUint16(124, 0x0100, true);
  view.setUint16(126, 0x4d49, true);
  return bytes;
}

/** Everything of a matrix before its values, its own tag included. */
function matrixHeader(name: string, numRows: number, numColumns: number): Uint8Array {
  const encoded = Buffer.from(name, 'latin1');
  const nameBytes = paddedLength(encoded.length);
  const bytes = new Uint8Array(8 + 16 + 16 + 8 + nameBytes + 8);
  const dataBytes = mat5Size(numRows, numColumns);
  const words = new DataView(bytes.buffer);
  const put = (at: number, ...values: number[]): void => {
    for (const [i, value] of values.entries()) words.setUint32(at + 4 * i, value, true);
  };
  put(0, 14, bytes.length - 8 + paddedLength(dataBytes)); // miMATRIX
  put(8, 6, 8, 7, 0); // array flags: miUINT32, class single
  put(24, 5, 8, numRows, numColumns); // dimensions: miINT32
  put(40, 1, encoded.length); // name: miINT8
  bytes.set(encoded, 48);
  put(48 + nameBytes, 7, dataBytes); // values: miSINGLE
  return bytes;
}

function paddedLength(length: number): number {
  return Math.ceil(length / 8) * 8;
}
