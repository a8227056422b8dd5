import type { FileHandle } from 'node:fs/promises';
import type { AngularDelayCsi } from '../csi.ts';
import type { NamedSamples } from './csi-layout.ts';
import { mat5Size, writeMat5 } from './mat5-writer.ts';
import { formatNpy, formatNpyHeader, type NpyArray } from './npy.ts';
import { NPZ_TIME } from './npz.ts';
import { writeWhole } from './whole-file.ts';
import { Zip, ZipDeflate } from './zip.ts';

/** File formats that CSI can be written in. */
export type CsiFormat = 'npy' | 'npz' | 'mat';

/** What goes with CSI into a file. */
export interface WriteOptions {
  /** A number a sample, by name; a .npy file has none. */
  readonly columns?: Readonly<Record<string, Float64Array>>;
  /** Gets the samples written so far, counted in every array. */
  readonly onProgress?: (done: number) => void;
}

/** Samples that are turned into bytes at once. */
const SAMPLES_AT_ONCE = 256;

/** Most bytes of an entry that a zip archive without 64-bit sizes can hold. */
const MAX_ZIP_BYTES = 2 ** 32 - 1;

/**
 * Writes CSI in a format that `openCsiSource` reads, a few samples at a time:
 * `npy`: complex64 `[N, Nt, Nd]`, one array; `npz`: the same, any number of arrays, compressed; `mat`: MAT-file
 * version 5, single `[N, 2*Nt*Nd]`, real half first, as DualNet's, not compressed.
 *
 * @param arrays - of one number of samples and one shape
 * @throws RangeError where the arrays do not suit the format, or are too large for it.
 */
export async function writeCsi(
  path: string,
  format: CsiFormat,
  arrays: NamedSamples,
  { columns = {}, onProgress = () => undefined }: WriteOptions = {},
): Promise<void> {
  const entries = Object.entries(arrays);
  const [first] = entries;
  if (first === undefined) throw new RangeError('there are no arrays to write');
  const [, { numSamples, at }] = first;
  if (entries.some(([, samples]) => samples.numSamples !== numSamples)) {
    throw new RangeError(`arrays have ${entries.map(([, samples]) => samples.numSamples).join(' and ')} samples`);
  }
  const { numAntennas, numDelays } = at(0);
  const shape = [numSamples, numAntennas, numDelays];
  if (format === 'npy') {
    if (entries.length !== 1) throw new RangeError(`${entries.length} arrays, a .npy file holds one`);
    return writeWhole(path, (file) => writePieces(file, npyPieces(first[1], shape, onProgress)));
  }
  if (format === 'npz') return writeNpzArrays(path, entries, shape, columns, onProgress);
  const size = mat5Size(numSamples, 2 * numAntennas * numDelays);
  if (size > MAX_MAT_BYTES) throw tooLarge('a variable of a MAT-file', size, MAX_MAT_BYTES, 'npy');
  return writeWhole(path, (file) =>
    writeMat5(file, arrays, columns, { numSamples, length: 2 * numAntennas * numDelays }, onProgress),
  );
}

/** Most bytes that MATLAB takes for a variable in this version of the format. */
const MAX_MAT_BYTES = 2 ** 31 - 1;

function tooLarge(what: string, bytes: number, limit: number, instead: string): RangeError {
  return new RangeError(`${what} of ${bytes} bytes is above ${limit}; write fewer samples or .${instead}`);
}

async function writeNpzArrays(
  path: string,
  entries: readonly (readonly [string, NamedSamples[string]])[],
  shape: readonly number[],
  columns: Readonly<Record<string, Float64Array>>,
  onProgress: (done: number) => void,
): Promise<void> {
  const [numSamples = 0] = shape;
  const bytes = entries.length * (8 * shape.reduce((product, size) => product * size, 1) + 1024);
  // All of the archive, as offsets in it have the same limit and data may not compress.
  if (bytes > MAX_ZIP_BYTES) throw tooLarge('a .npz file', bytes, MAX_ZIP_BYTES, 'npy');
  await writeWhole(path, async (file) => {
    const packed: Uint8Array[] = [];
    const zip = new Zip((error, piece) => {
      if (error) throw error;
      packed.push(piece);
    });
    const flush = async (): Promise<void> => {
      for (const piece of packed.splice(0)) await file.writeFile(piece);
    };
    for (const [i, [name, samples]] of entries.entries()) {
      const entry = new ZipDeflate(`${name}.npy`, { level: 1 });
      entry.mtime = NPZ_TIME;
      zip.add(entry);
      for await (const piece of npyPieces(samples, shape, (done) => onProgress(i * numSamples + done))) {
        entry.push(piece);
        await flush();
      }
      entry.push(new Uint8Array(0), true);
      await flush();
    }
    for (const [name, values] of Object.entries(columns)) {
      const entry = new ZipDeflate(`${name}.npy`, { level: 1 });
      entry.mtime = NPZ_TIME;
      zip.add(entry);
      entry.push(formatNpy(columnArray(values)), true);
    }
    zip.end();
    await flush();
  });
}

/** A column as it is read again: whole numbers as such. */
function columnArray(values: Float64Array): NpyArray {
  const shape = [values.length];
  const isWhole = values.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31);
  if (isWhole) return { dtype: 'int32', shape, data: Int32Array.from(values) };
  return { dtype: 'float64', shape, data: values };
}

/** A .npy file, complex64, piece by piece. */
async function* npyPieces(
  { numSamples, at }: NamedSamples[string],
  shape: readonly number[],
  onProgress: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  yield formatNpyHeader('complex64', shape);
  for (let start = 0; start < numSamples; start += SAMPLES_AT_ONCE) {
    const end = Math.min(numSamples, start + SAMPLES_AT_ONCE);
    const pieces = Array.from({ length: end - start }, (_, i) => interleaved(at(start + i)));
    yield Buffer.concat(pieces);
    onProgress(end);
  }
}

async function writePieces(file: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) await file.writeFile(piece);
}

function interleaved({ values }: AngularDelayCsi): Uint8Array {
  const numEntries = values.length / 2;
  const out = new Float32Array(values.length);
  for (let entry = 0; entry < numEntries; entry++) {
    out[2 * entry] = values[entry] as number;
    out[2 * entry + 1] = values[numEntries + entry] as number;
  }
  return new Uint8Array(out.buffer);
}
